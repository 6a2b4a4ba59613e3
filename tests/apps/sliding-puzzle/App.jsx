import { useEffect, useReducer } from "react";
import { shuffle, slide, isSolved, SOLVED } from "./lib/board";
import Tile from "./parts/Tile";
import "./puzzle.css";

const ARROWS = { ArrowLeft: +1, ArrowRight: -1, ArrowUp: +4, ArrowDown: -4 };

function reducer(state, action) {
  if (action.type === "new") return { board: shuffle(action.seed), moves: 0 };
  const board = slide(state.board, action.index ?? state.board.indexOf(0) + action.by);
  return board === state.board ? state : { board, moves: state.moves + 1 };
}

export default function SlidingPuzzle() {
  const [{ board, moves }, dispatch] = useReducer(reducer, { board: SOLVED.with(15, 15).with(14, 0), moves: 0 });

  useEffect(() => {
    const handler = ({ key }) => key in ARROWS && dispatch({ type: "move", by: ARROWS[key] });
    window.addEventListener("keydown", handler);
    return () => window.removeEventListener("keydown", handler);
  }, []);

  return (
    <div className="puzzle">
      <h1>{isSolved(board) ? "Solved! 🎉" : "Fifteen"}</h1>
      <div className="board">
        {board.map((number, index) => number > 0 && <Tile key={number} number={number} index={index} onClick={() => dispatch({ type: "move", index })} />)}
      </div>
      <p>
        Moves: <span id="moves">{moves}</span> <button onClick={() => dispatch({ type: "new", seed: 7 })}>Shuffle</button>
      </p>
    </div>
  );
}
