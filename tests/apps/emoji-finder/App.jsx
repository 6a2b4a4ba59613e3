import { memo, startTransition, useDeferredValue, useState } from 'react';

const EMOJI = {
  '🍎': 'apple fruit red', '🍐': 'pear fruit green', '🍋': 'lemon fruit yellow sour', '🍓': 'strawberry fruit red',
  '🐝': 'bee insect honey', '🐢': 'turtle slow green', '🦊': 'fox red animal', '🐳': 'whale sea blue',
  '🚲': 'bicycle ride', '🚀': 'rocket space fast', '🎸': 'guitar music', '🥁': 'drum music loud',
  '👩‍🌾': 'farmer woman', '🏳️‍🌈': 'rainbow flag', '🇮🇪': 'ireland flag', '👍🏽': 'thumbs up yes',
};

const score = (words, query) => {
  const position = words.indexOf(query);
  return position === -1 ? Infinity : position;
};

const Grid = memo(function Grid({ query, onPick }) {
  const found = Object.entries(EMOJI)
    .map(([char, words]) => ({ char, words, rank: score(words, query) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank);
  if (!found.length) return <p>Nothing for “{query}” 🤷</p>;
  return (
    <div className="grid grid-cols-8" style={{ display: 'grid', gridTemplateColumns: 'repeat(8, 1fr)', gap: 4 }}>
      {found.map(({ char, words }) => (
        <button key={char} title={words} className="emoji" onClick={() => onPick(char)} style={{ fontSize: 32, background: 'none', border: 0 }}>
          {char}
        </button>
      ))}
    </div>
  );
});

// Skin tones, flags and families are several code points but one character.
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const lengthOf = text => [...segmenter.segment(text)].length;

export default function EmojiFinder() {
  const [query, setQuery] = useState('');
  const [picked, setPicked] = useState('');
  const deferred = useDeferredValue(query);
  const pick = char => startTransition(() => setPicked(text => text + char));

  return (
    <main style={{ maxWidth: 520, margin: '2rem auto', fontFamily: 'system-ui' }}>
      <h1>Emoji finder</h1>
      <input type="search" value={query} onChange={e => setQuery(e.target.value.toLowerCase())} placeholder="e.g. fruit" style={{ fontSize: 20, width: '100%' }} />
      <div style={{ opacity: query === deferred ? 1 : 0.5 }}><Grid query={deferred} onPick={pick} /></div>
      <p id="picked">{picked || 'Pick some'} <small>({lengthOf(picked)})</small></p>
    </main>
  );
}
