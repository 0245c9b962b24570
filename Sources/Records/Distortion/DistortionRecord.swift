package import Compression
package import JSON

/// What compression did to each layer of a checkpoint: `store/distortions/<key>.json`.
///
/// It is no part of the compressed checkpoint, which does not depend on the text that inputs are of.
package struct DistortionRecord: Sendable, Equatable {
    package var key: String
    /// The version of the stage that made it.
    package var version: Int
    /// Digest of the uncompressed checkpoint.
    package var checkpoint: String
    /// Key of the compressed one.
    package var artifact: String
    /// SHA-256 over the text that inputs are of.
    package var calibration: String
    /// Stored bits per weight of the compressed checkpoint, scales and zero points included.
    package var bitsPerWeight: Double
    /// Whether damage is foretold from these errors.
    package var isWhole: Bool

    /// Whether no method was fitted to any of that text.
    package var isUnseen: Bool

    /// Windows of the calibration text on which outputs are compared, if there are so many.
    package static let windows = 32
    /// As few as that are taken rather than any that a method was fitted to; an error is a mean over all their tokens.
    package static let fewestUnseenWindows = 8

    /// The layers in the order of the model.
    package var layers: [LayerDistortion]

    package init(
        key: String, version: Int, checkpoint: String, artifact: String, calibration: String,
        bitsPerWeight: Double, isWhole: Bool = true, isUnseen: Bool, layers: [LayerDistortion]
    ) {
        (self.isWhole, self.isUnseen) = (isWhole, isUnseen)
        (self.key, self.version, self.checkpoint, self.artifact) = (key, version, checkpoint, artifact)
        (self.calibration, self.bitsPerWeight, self.layers) = (calibration, bitsPerWeight, layers)
    }

    package var json: JSONValue {
        [
            "key": .string(key), "stage": "quantize", "version": .integer(version), "checkpoint": .string(checkpoint),
            "compressed": .string(artifact), "calibration": .string(calibration),
            "bits_per_weight": .number(bitsPerWeight),
            "whole": .bool(isWhole), "unseen": .bool(isUnseen), "layers": .array(layers.map(\.json)),
        ]
    }

    /// Reads the record back; nil if it is not one.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let key = object["key"]?.string, let version = object["version"]?.int,
            let checkpoint = object["checkpoint"]?.string, let artifact = object["compressed"]?.string,
            let calibration = object["calibration"]?.string, let bitsPerWeight = object["bits_per_weight"]?.double,
            let isWhole = object["whole"]?.bool,
            // Once methods were fitted to the text.
            let isUnseen = (object["unseen"] ?? .bool(false)).bool, let entries = object["layers"]?.array
        else { return nil }
        let layers = entries.compactMap { LayerDistortion($0) }
        guard layers.count == entries.count, !layers.isEmpty else { return nil }
        self.init(
            key: key, version: version, checkpoint: checkpoint, artifact: artifact, calibration: calibration,
            bitsPerWeight: bitsPerWeight, isWhole: isWhole, isUnseen: isUnseen, layers: layers)
    }
}
