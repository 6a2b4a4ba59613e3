const colors = require('tailwindcss/colors');

/** @type {import('tailwindcss').Config} */
module.exports = {
  darkMode: ['class'],
  content: ['./index.html', './src/**/*.{js,ts,jsx,tsx}'],
  theme: {
    extend: {
      colors: {
        brand: '#0f766e',
        panel: { DEFAULT: 'hsl(var(--panel))', strong: 'rgb(1 2 3)' },
        accent: colors.rose,
        lazy: ({ opacityValue }) => `rgba(0, 0, 0, ${opacityValue})`,
      },
      spacing: { 13: '3.25rem' },
      fontSize: { huge: ['5rem', { lineHeight: '6rem' }] },
      keyframes: { fade: { from: { opacity: '0' }, to: { opacity: '1' } } },
      animation: { fade: 'fade 10ms ease-out' },
    },
  },
  plugins: [],
};
