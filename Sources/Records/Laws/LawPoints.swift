import Compression
import RealModule
package import ScalingLaws

extension Point {
    /// A cell as laws of QiD take it; nil without D.
    package init?(_ cell: MeasuredCell) {
        guard let tokens = cell.tokens else { return nil }
        var conditions = Conditions(params: cell.params, tokens: tokens, bits: cell.bits, scheme: cell.scheme)
        conditions.group = cell.spec.group.size.map(Double.init)
        conditions.takeFormatError()
        conditions.describe(cell.model)
        conditions.columns["loss16"] = cell.degradation.baselineLoss
        conditions.columns["bits_per_weight"] = cell.bitsPerWeight
        if let distortion = cell.distortion, cell.spec.whyNothingIsForetold == nil {
            conditions.columns["distortion"] = distortion.mean
            conditions.columns["weight_distortion"] = distortion.weightError
            conditions.columns["sensitivity"] = distortion.sensitivity
            conditions.columns["qid_sensitivity"] = distortion.qidSensitivity
        }
        conditions.labels["method"] = cell.spec.method.name
        conditions.labels["spec"] = cell.spec.name
        self.init(
            conditions, loss: cell.loss, qid: cell.qid, qidStderr: cell.degradation.qidStderr,
            kl: cell.degradation.kl, klStderr: cell.degradation.klStderr,
            lossAtChance: .log(Double(cell.model.size.vocabulary)), family: cell.family,
            checkpoint: cell.model.checkpoint, phase: cell.model.phase)
        label(by: cell.model.run)
    }

    /// A loss as laws of loss take it; nil without D.
    ///
    /// `countsNonZero` says whether N is of the parameters that are not zero.
    package init?(_ measured: MeasuredLoss, countsNonZero: Bool) {
        guard let tokens = measured.model.tokens else { return nil }
        let form = measured.form
        let sparsity = form.nativeSparsity ?? 0
        var conditions = Conditions(
            params: measured.model.params * (countsNonZero ? 1 - sparsity : 1), tokens: tokens,
            bits: form.bits ?? 16, activationBits: form.nativeActivationBits.map(Double.init), sparsity: sparsity,
            scheme: form.scheme)
        conditions.takeFormatError()
        conditions.describe(measured.model)
        self.init(
            conditions, loss: measured.loss, family: measured.model.family, checkpoint: measured.model.checkpoint,
            phase: measured.model.phase)
        label(by: measured.model.run)
    }

    private mutating func label(by run: TrainingRun) {
        (series, seed, stage) = (run.series, run.seed, run.stage.map(String.init))
    }
}

extension Conditions {
    /// What laws may name of a model beside N and D (`LawNames.warehouse`).
    fileprivate mutating func describe(_ model: MeasuredModel) {
        columns = [
            "params_total": Double(model.size.parameters), "width": Double(model.size.width),
            "depth": Double(model.size.layers), "vocabulary": Double(model.size.vocabulary),
        ]
        columns["step"] = model.step.map(Double.init)
        labels = ["family": model.family, "phase": model.phase.rawValue, "checkpoint": model.checkpoint]
        labels["series"] = model.run.series
        labels["seed"] = model.run.seed
        labels["stage"] = model.run.stage.map(String.init)
    }
}
