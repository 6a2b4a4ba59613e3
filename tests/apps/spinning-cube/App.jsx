import { useEffect, useRef, useState } from "react";
import * as THREE from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

const COLORS = { mint: 0x34d399, coral: 0xfb7185, sky: 0x38bdf8 };

export default function SpinningCube() {
  const mount = useRef(null);
  const material = useRef(null);
  const [color, setColor] = useState("mint");
  const [info, setInfo] = useState("");

  useEffect(() => {
    const scene = new THREE.Scene();
    scene.background = new THREE.Color(0x0f172a);
    const camera = new THREE.PerspectiveCamera(50, 600 / 400, 0.1, 100);
    camera.position.set(2.5, 2, 3);
    const renderer = new THREE.WebGLRenderer({ antialias: true });
    renderer.setSize(600, 400);
    mount.current.appendChild(renderer.domElement);

    material.current = new THREE.MeshStandardMaterial({ color: COLORS.mint, roughness: 0.4 });
    const cube = new THREE.Mesh(new THREE.BoxGeometry(1.4, 1.4, 1.4), material.current);
    scene.add(cube, new THREE.AmbientLight(0xffffff, 0.6));
    const light = new THREE.DirectionalLight(0xffffff, 2);
    light.position.set(4, 6, 2);
    scene.add(light);

    const controls = new OrbitControls(camera, renderer.domElement);
    controls.enableDamping = true;
    setInfo(`${controls.target instanceof THREE.Vector3 ? "one three" : "two threes"}, ${scene.children.length} objects`);

    renderer.setAnimationLoop(() => {
      cube.rotation.y += 0.01;
      controls.update();
      renderer.render(scene, camera);
    });
    return () => {
      renderer.setAnimationLoop(null);
      controls.dispose();
      renderer.dispose();
      renderer.domElement.remove();
    };
  }, []);

  useEffect(() => {
    material.current?.color.set(COLORS[color]);
  }, [color]);

  return (
    <div style={{ padding: 24 }}>
      <div ref={mount} style={{ width: 600, height: 400 }} />
      {Object.keys(COLORS).map((name) => <button key={name} data-color={name} onClick={() => setColor(name)}>{name}</button>)}
      <p id="info">{info}</p>
    </div>
  );
}
