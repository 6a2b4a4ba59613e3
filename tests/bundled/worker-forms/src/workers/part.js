self.part = (numbers) => Math.max(...numbers);
