import { useState } from "react";
import Branch from "./Branch"; // which imports this file: a circle

export const icon = (node, isOpen) => (!node.children ? "📄" : isOpen ? "📂" : "📁");

export default function Tree({ node, path, selected, onSelect }) {
  const [isOpen, setIsOpen] = useState(path.split("/").length < 2);
  return (
    <div data-path={path} style={{ marginLeft: path === "home" ? 0 : 20 }}>
      <span
        className="label"
        onClick={() => {
          onSelect(path);
          if (node.children) setIsOpen(!isOpen);
        }}
        style={{ cursor: "pointer", background: selected === path ? "#fef08a" : "none" }}
      >
        {icon(node, isOpen)} {node.name}
      </span>
      {isOpen && node.children && <Branch nodes={node.children} path={path} selected={selected} onSelect={onSelect} />}
    </div>
  );
}
