export const SOLVED = Object.freeze([...Array(15).keys()].map((n) => n + 1).concat(0));

export const isSolved = (board) => board.every((n, i) => n === SOLVED[i]);

const areNeighbours = (a, b) => (Math.abs(a - b) === 4) || (Math.abs(a - b) === 1 && a >> 2 === b >> 2);

export function slide(board, index) {
  const hole = board.indexOf(0);
  if (index < 0 || index > 15 || !areNeighbours(index, hole)) return board;
  return board.with(hole, board[index]).with(index, 0);
}

export function shuffle(seed, steps = 200) {
  let board = SOLVED;
  let state = BigInt(seed);
  while (steps-- > 0) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    board = slide(board, Number(state >> 60n));
  }
  return board;
}
