package import Compression

/// What specs did to the layers of one checkpoint.
package struct LayerErrors: Sendable, Equatable {
    package let model: MeasuredModel
    /// The specs in the order of their distortion, the smallest first.
    package let rows: [Row]

    package struct Row: Sendable, Equatable {
        package let spec: Spec
        package let layers: [LayerDistortion]

        package init(spec: Spec, layers: [LayerDistortion]) {
            (self.spec, self.layers) = (spec, layers)
        }
    }

    package init(model: MeasuredModel, rows: [Row]) {
        self.model = model
        self.rows = rows.sorted {
            ($0.layers.distortion ?? 0, $0.spec.name) < ($1.layers.distortion ?? 0, $1.spec.name)
        }
    }
}
