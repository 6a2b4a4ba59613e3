
// one
import { Gone } from '../lib/all.js'; //!

export default () => <Gone />;
