export default "own agent";
