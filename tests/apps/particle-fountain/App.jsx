import React from "react";

class Particle {
  #life = 1;
  static #count = 0;
  static {
    Particle.gravity = 0.12;
  }

  constructor(x, y, hue) {
    Object.assign(this, { x, y, hue });
    const angle = -Math.PI / 2 + (Math.random() - 0.5) * 0.9;
    const speed = 4 + Math.random() * 3;
    this.vx = Math.cos(angle) * speed;
    this.vy = Math.sin(angle) * speed;
    Particle.#count++;
  }

  static get born() {
    return Particle.#count;
  }

  get isAlive() {
    return this.#life > 0;
  }

  update() {
    this.vy += Particle.gravity;
    this.x += this.vx;
    this.y += this.vy;
    this.#life -= 0.012;
  }

  draw(ctx) {
    ctx.globalAlpha = Math.max(this.#life, 0);
    ctx.fillStyle = `hsl(${this.hue} 90% 60%)`;
    ctx.beginPath();
    ctx.arc(this.x, this.y, 3, 0, Math.PI * 2);
    ctx.fill();
  }
}

export default class Fountain extends React.Component {
  canvas = React.createRef();
  particles = [];
  state = { running: true, hue: 200, frames: 0 };

  componentDidMount() {
    this.loop();
  }

  componentWillUnmount() {
    cancelAnimationFrame(this.frame);
  }

  loop = () => {
    const { width, height } = this.canvas.current;
    const ctx = this.canvas.current.getContext("2d");
    ctx.globalAlpha = 0.25;
    ctx.fillStyle = "#020617";
    ctx.fillRect(0, 0, width, height);
    if (this.state.running) {
      for (let i = 0; i < 4; i++) this.particles.push(new Particle(width / 2, height - 20, this.state.hue + Math.random() * 40));
    }
    this.particles.forEach((particle) => (particle.update(), particle.draw(ctx)));
    this.particles = this.particles.filter((particle) => particle.isAlive);
    this.setState(({ frames }) => ({ frames: frames + 1 }));
    this.frame = requestAnimationFrame(this.loop);
  };

  render() {
    const { running, hue, frames } = this.state;
    return (
      <div style={{ background: "#020617", color: "#e2e8f0", minHeight: "100vh", textAlign: "center", fontFamily: "system-ui" }}>
        <canvas ref={this.canvas} width={600} height={400} />
        <p>
          <button id="toggle" onClick={() => this.setState({ running: !running })}>
            {running ? "⏸ Pause" : "▶ Play"}
          </button>{" "}
          <label>
            Hue <input type="range" max={360} value={hue} onChange={(e) => this.setState({ hue: Number(e.target.value) })} />
          </label>
        </p>
        <p id="stats" data-moving={frames > 5}>
          {Particle.born} particles born
        </p>
      </div>
    );
  }
}
