import Compression
import Kernels
import LanguageModel

/// The statistics of a site's channels: what several inputs share counts once.
struct SiteChannels {
    private let site: FoldSite
    /// The channels in order, and for each input the place of its own among them.
    private let slots: [Int]
    private let slotCount: Int

    init(_ site: FoldSite) {
        self.site = site
        let places = Dictionary(uniqueKeysWithValues: Set(site.channels).sorted().enumerated().map { ($1, $0) })
        slots = site.channels.map { places[$0] ?? 0 }
        slotCount = places.count
    }

    /// A value for each input out of one for each channel.
    func spread<Value>(_ values: [Value]) -> [Value] { slots.map { values[$0] } }

    /// The mean over the inputs of each channel.
    func mean(_ values: [Double]) -> [Double] {
        var (sums, counts) = ([Double](repeating: 0, count: slotCount), [Double](repeating: 0, count: slotCount))
        for (input, slot) in slots.enumerated() {
            sums[slot] += values[input]
            counts[slot] += 1
        }
        return zip(sums, counts).map { $0 / $1 }
    }

    /// One of the values of each channel's inputs.
    func fold(_ values: [Float], _ pick: (Float, Float) -> Float) -> [Float] {
        var result = [Float?](repeating: nil, count: slotCount)
        for (input, slot) in slots.enumerated() {
            result[slot] = result[slot].map { pick($0, values[input]) } ?? values[input]
        }
        return result.compactMap(\.self)
    }
}

/// The least and the greatest value of each column over several weights.
func columnExtremes(_ weights: [any WeightMatrix]) -> (low: [Float], high: [Float]) {
    let columns = weights.first?.columns ?? 0
    var low = [Float](repeating: .infinity, count: columns)
    var high = [Float](repeating: -.infinity, count: columns)
    for weight in weights {
        for index in 0..<weight.rows {
            let row = weight.values(row: index)
            for column in 0..<columns {
                low[column] = min(low[column], row[column])
                high[column] = max(high[column], row[column])
            }
        }
    }
    return (low, high)
}

/// The factors of a site by the methods that need no search.
struct SiteScales {
    let site: FoldSite
    let weights: [any WeightMatrix]
    /// The statistics of the linear layers' inputs as they are now; nil for methods that need none.
    let inputs: ChannelStatistics?

    /// A factor for each input; nil where the method leaves the site alone.
    func factors(_ spec: Spec) -> [Float]? {
        let channels = SiteChannels(site)
        switch spec.method {
        case .smoothquant:
            // As published: behind norms only.
            guard let inputs, case .norm = site.source else { return nil }
            let extremes = columnExtremes(weights)
            let largest = zip(extremes.low, extremes.high).map { max(abs($0), abs($1)) }
            return channels.spread(
                ChannelScales.smoothQuant(
                    inputs: channels.fold(inputs.low.indices.map(inputs.largest), max),
                    weights: channels.fold(largest, max)))
        case .aweq:
            guard let inputs else { return nil }
            let extremes = columnExtremes(weights)
            let ranges = zip(
                channels.fold(inputs.high, max), channels.fold(inputs.low, min)
            ).map { $0 - $1 }
            let weightRanges = zip(channels.fold(extremes.high, max), channels.fold(extremes.low, min)).map { $0 - $1 }
            return channels.spread(ChannelScales.aweq(inputRanges: ranges, weightRanges: weightRanges))
        case .dilation:
            let each = weights.map { weight in
                ChannelScales.dilation(
                    weight, groupLength: spec.group.length(rowLength: weight.columns) ?? weight.columns,
                    symmetric: spec.symmetric)
            }
            let least = each.dropFirst().reduce(each[0]) { zip($0, $1).map { min($0, $1) } }
            return channels.spread(channels.fold(least, min))
        default: return nil
        }
    }
}
