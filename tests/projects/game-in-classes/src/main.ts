import { Board } from "./board";

class Game {
  readonly boards: Array<Board> = [new Board(3), new Board(4)];
  start(): void {
    document.getElementById("shown")!.textContent = this.boards.map((board) => board.fields).join(" ");
  }
}

const game = new Game();
game.start();
export default game;
