import { LIST } from '../lib/list';
export default () => <p>{LIST.length}</p>;
