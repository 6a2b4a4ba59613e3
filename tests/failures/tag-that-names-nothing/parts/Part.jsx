import * as all from '../lib/all';

export default function Part() { //!
  return <all.Gone />;
}
