import { check } from '../lib/check.js';

export default ({ label }) => <p>{check('y', label)}</p>;
