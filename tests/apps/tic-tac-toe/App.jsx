import { Component } from 'react'

const LINES = [[0,1,2],[3,4,5],[6,7,8],[0,3,6],[1,4,7],[2,5,8],[0,4,8],[2,4,6]]

const winnerOf = board => {
	for (const [a, b, c] of LINES)
		if (board[a] && board[a] === board[b] && board[b] === board[c]) return { player: board[a], line: [a, b, c] }
	return null
}

class Square extends Component {
	render() {
		const { value, isWinning, onClick } = this.props
		return (
			<button className={'w-20 h-20 text-4xl border-2 border-stone-400 ' + (isWinning ? 'bg-amber-300' : 'bg-stone-50')} onClick={onClick}>
				{value}
			</button>
		)
	}
}

export default class Game extends Component {
	state = { history: [Array(9).fill(null)], at: 0 }

	static title = 'Noughts & crosses'

	get board() {
		return this.state.history[this.state.at]
	}

	get next() {
		return this.state.at % 2 ? 'O' : 'X'
	}

	play = index => {
		if (this.board[index] || winnerOf(this.board)) return
		const board = this.board.with(index, this.next)
		this.setState(({ history, at }) => ({ history: [...history.slice(0, at + 1), board], at: at + 1 }))
	}

	render() {
		const winner = winnerOf(this.board)
		const status = winner ? `${winner.player} wins` : this.state.at === 9 ? 'A draw' : `${this.next} to move`
		return (
			<div className="p-8 flex gap-10 font-serif bg-stone-200 min-h-screen">
				<div>
					<h1 className="text-2xl mb-2">{Game.title}</h1>
					<div id="board" style={{ display: 'grid', gridTemplateColumns: 'repeat(3, 5rem)' }}>
						{this.board.map((value, i) => <Square key={i} value={value} isWinning={winner?.line.includes(i)} onClick={() => this.play(i)} />)}
					</div>
					<p id="status" className="mt-3 text-xl">{status}</p>
				</div>
				<ol className="list-decimal">
					{this.state.history.map((_, at) =>
						<li key={at}><button data-move={at} onClick={() => this.setState({ at })}>{at ? 'Go to move ' + at : 'Start'}{at === this.state.at && ' ←'}</button></li>
					)}
				</ol>
			</div>
		)
	}
}
