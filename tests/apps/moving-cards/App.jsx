import { useState } from "react";
import { AnimatePresence, motion, useMotionValue, useTransform } from "framer-motion";

const FACTS = ["Otters hold hands.", "Bees can count to four.", "Crows remember faces."];

function Meter() {
  const x = useMotionValue(0);
  const background = useTransform(x, [-100, 100], ["#fecaca", "#bbf7d0"]);
  return (
    <motion.div id="track" style={{ background, borderRadius: 20, padding: 6, width: 240 }}>
      <motion.div drag="x" dragConstraints={{ left: -100, right: 100 }} dragMomentum={false} style={{ x, width: 36, height: 36, borderRadius: 18, background: "#1e293b", margin: "auto" }} id="knob" />
    </motion.div>
  );
}

export default function MovingCards() {
  const [at, setAt] = useState(0);
  const [isOpen, setIsOpen] = useState(true);
  return (
    <div className="p-10 bg-slate-50 min-h-screen">
      <button id="next" onClick={() => setAt((at + 1) % FACTS.length)}>Next fact</button>{" "}
      <button id="toggle" onClick={() => setIsOpen(!isOpen)}>{isOpen ? "Hide" : "Show"}</button>
      <AnimatePresence mode="wait">
        {isOpen && (
          <motion.div
            key={at}
            className="card"
            initial={{ opacity: 0, y: 30 }}
            animate={{ opacity: 1, y: 0 }}
            exit={{ opacity: 0, y: -30 }}
            transition={{ duration: 0.1 }}
            whileHover={{ scale: 1.02 }}
            style={{ background: "white", borderRadius: 16, padding: 32, margin: "20px 0", width: 320, boxShadow: "0 8px 24px #0001" }}
          >
            {FACTS[at]}
          </motion.div>
        )}
      </AnimatePresence>
      <Meter />
    </div>
  );
}
