import { useCallback, useEffect, useRef, useState } from "react";

const SIZE = 20;
const CELL = 20;
const DIRECTIONS = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

const freshGame = () => ({
  snake: [[10, 10], [9, 10], [8, 10]],
  direction: [1, 0],
  food: [14, 10],
  alive: true,
});

function step(game) {
  const [dx, dy] = game.direction;
  const [hx, hy] = game.snake[0];
  const head = [hx + dx, hy + dy];
  const hitWall = head.some((n) => n < 0 || n >= SIZE);
  const hitSelf = game.snake.some(([x, y]) => x === head[0] && y === head[1]);
  if (hitWall || hitSelf) return { ...game, alive: false };
  const ate = head[0] === game.food[0] && head[1] === game.food[1];
  const snake = [head, ...(ate ? game.snake : game.snake.slice(0, -1))];
  const food = ate ? [Math.floor(Math.random() * SIZE), Math.floor(Math.random() * SIZE)] : game.food;
  return { ...game, snake, food };
}

export default function SnakeGame() {
  const canvasRef = useRef(null);
  const game = useRef(freshGame());
  const [score, setScore] = useState(0);
  const [status, setStatus] = useState("ready");

  const draw = useCallback(() => {
    const ctx = canvasRef.current.getContext("2d");
    ctx.fillStyle = "#052e16";
    ctx.fillRect(0, 0, SIZE * CELL, SIZE * CELL);
    const { snake, food } = game.current;
    ctx.fillStyle = "#f87171";
    ctx.beginPath();
    ctx.arc((food[0] + 0.5) * CELL, (food[1] + 0.5) * CELL, CELL / 2 - 2, 0, 2 * Math.PI);
    ctx.fill();
    snake.forEach(([x, y], i) => {
      ctx.fillStyle = i === 0 ? "#bef264" : "#4ade80";
      ctx.fillRect(x * CELL + 1, y * CELL + 1, CELL - 2, CELL - 2);
    });
  }, []);

  useEffect(() => {
    draw();
    if (status !== "playing") return undefined;
    const timer = setInterval(() => {
      game.current = step(game.current);
      setScore(game.current.snake.length - 3);
      if (!game.current.alive) setStatus("over");
      draw();
    }, 120);
    return () => clearInterval(timer);
  }, [status, draw]);

  useEffect(() => {
    const onKeyDown = (event) => {
      if (event.key === " ") {
        event.preventDefault();
        if (!game.current.alive) game.current = freshGame();
        setStatus("playing");
        return;
      }
      const wanted = DIRECTIONS[event.key];
      if (!wanted) return;
      event.preventDefault();
      const [dx, dy] = game.current.direction;
      if (wanted[0] !== -dx || wanted[1] !== -dy) game.current.direction = wanted;
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);

  return (
    <div className="flex flex-col items-center gap-3 p-6 bg-lime-950 min-h-screen text-lime-100">
      <h1 className="text-3xl font-black tracking-tight">🐍 Snake</h1>
      <div className="flex gap-6 font-mono">
        <span id="score">Score: {score}</span>
        <span id="status">{status === "ready" ? "Press space" : status === "over" ? "Game over" : "Go!"}</span>
      </div>
      <canvas ref={canvasRef} width={SIZE * CELL} height={SIZE * CELL} className="rounded-lg border-4 border-lime-700" />
    </div>
  );
}
