import { useEffect, useRef, useState } from "react";

const W = 480, H = 320;
const COLORS = ["#ef4444", "#f97316", "#eab308", "#22c55e"];

const makeBricks = () => COLORS.flatMap((color, row) => Array.from({ length: 8 }, (_, col) => ({ x: 12 + col * 58, y: 30 + row * 22, w: 50, h: 16, color, alive: true })));

const newWorld = () => ({ ball: { x: W / 2, y: H - 60, vx: 3, vy: -3, r: 7 }, paddle: { x: W / 2 - 40, w: 80 }, bricks: makeBricks(), score: 0, lives: 3, state: "waiting" });

export default function BrickBreaker() {
  const canvasRef = useRef(null);
  const world = useRef(newWorld());
  const keys = useRef({});
  const [hud, setHud] = useState({ score: 0, lives: 3, state: "waiting" });

  useEffect(() => {
    const canvas = canvasRef.current;
    const ctx = canvas.getContext("2d");
    let raf;

    function update() {
      const w = world.current;
      const { ball, paddle, bricks } = w;
      if (keys.current.ArrowLeft) paddle.x -= 6;
      if (keys.current.ArrowRight) paddle.x += 6;
      paddle.x = Math.max(0, Math.min(W - paddle.w, paddle.x));
      if (w.state !== "playing") return;
      ball.x += ball.vx;
      ball.y += ball.vy;
      if (ball.x < ball.r || ball.x > W - ball.r) ball.vx *= -1;
      if (ball.y < ball.r) ball.vy = Math.abs(ball.vy);
      if (ball.y > H - 24 && ball.y < H - 10 && ball.x > paddle.x && ball.x < paddle.x + paddle.w) {
        ball.vy = -Math.abs(ball.vy);
        ball.vx = ((ball.x - paddle.x) / paddle.w - 0.5) * 8;
      }
      if (ball.y > H) {
        w.lives--;
        Object.assign(ball, { x: W / 2, y: H - 60, vx: 3, vy: -3 });
        w.state = w.lives > 0 ? "waiting" : "lost";
      }
      for (const b of bricks) {
        if (!b.alive || ball.x < b.x || ball.x > b.x + b.w || ball.y < b.y || ball.y > b.y + b.h) continue;
        b.alive = false;
        ball.vy *= -1;
        w.score += 10;
        break;
      }
      if (bricks.every((b) => !b.alive)) w.state = "won";
    }

    function draw() {
      const { ball, paddle, bricks } = world.current;
      ctx.clearRect(0, 0, W, H);
      for (const { x, y, w, h, color, alive } of bricks) {
        if (!alive) continue;
        ctx.fillStyle = color;
        ctx.beginPath();
        ctx.roundRect(x, y, w, h, 4);
        ctx.fill();
      }
      ctx.fillStyle = "white";
      ctx.fillRect(paddle.x, H - 16, paddle.w, 8);
      ctx.beginPath();
      ctx.arc(ball.x, ball.y, ball.r, 0, Math.PI * 2);
      ctx.fill();
    }

    (function loop() {
      update();
      draw();
      const { score, lives, state } = world.current;
      setHud((old) => (old.score === score && old.lives === lives && old.state === state ? old : { score, lives, state }));
      raf = requestAnimationFrame(loop);
    })();

    const onKey = (event) => {
      keys.current[event.key] = event.type === "keydown";
      if (event.key === "Enter" && event.type === "keydown") {
        if (["lost", "won"].includes(world.current.state)) world.current = newWorld();
        world.current.state = "playing";
      }
    };
    const onMouse = (event) => {
      const box = canvas.getBoundingClientRect();
      world.current.paddle.x = event.clientX - box.left - world.current.paddle.w / 2;
    };
    ["keydown", "keyup"].forEach((type) => window.addEventListener(type, onKey));
    canvas.addEventListener("mousemove", onMouse);
    return () => {
      cancelAnimationFrame(raf);
      ["keydown", "keyup"].forEach((type) => window.removeEventListener(type, onKey));
      canvas.removeEventListener("mousemove", onMouse);
    };
  }, []);

  return (
    <div className="bg-gray-950 text-white min-h-screen flex flex-col items-center p-6" style={{ background: "#030712", color: "white", minHeight: "100vh", padding: 24 }}>
      <div id="hud" className="flex gap-8 mb-2">
        <span>Score {hud.score}</span> <span>{"❤".repeat(hud.lives)}</span> <span id="state">{hud.state}</span>
      </div>
      <canvas ref={canvasRef} width={W} height={H} style={{ border: "1px solid #374151" }} />
      <p>Enter starts, ← → or the mouse moves</p>
    </div>
  );
}
