import LanguageModel

extension ShardWindows {
    /// Windows that go through a model together.
    struct Batch {
        /// Which of the shard's windows they are.
        let numbers: [Int]
        let windows: TokenWindows
    }

    /// Some of the windows in batches of about one length, the longest first.
    ///
    /// Windows are filled up to a multiple of an eighth of the context, so that there are few batches and little is
    /// calculated that does not count. All whole windows are one batch, in their order.
    func batches(_ range: Range<Int>) -> [Batch] {
        let step = max(2, (context + 7) / 8)
        let filled = { (number: Int) in min(context, (windows[number].count + step - 1) / step * step) }
        return Dictionary(grouping: range, by: filled).sorted { $0.key > $1.key }.map { length, numbers in
            Batch(numbers: numbers, windows: TokenWindows(filling: numbers.map { windows[$0] }, to: length))
        }
    }
}
