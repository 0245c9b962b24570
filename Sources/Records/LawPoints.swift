import Compression
import RealModule
package import ScalingLaws

extension Point {
    /// A cell as laws of QiD take it; nil without D.
    package init?(_ cell: MeasuredCell) {
        guard let tokens = cell.tokens else { return nil }
        var conditions = Conditions(params: cell.params, tokens: tokens, bits: cell.bits, scheme: cell.scheme)
        conditions.group = cell.spec.group.size.map(Double.init)
        self.init(
            conditions, loss: cell.loss, qid: cell.qid, qidStderr: cell.degradation.qidStderr,
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
        self.init(
            Conditions(
                params: measured.model.params * (countsNonZero ? 1 - sparsity : 1), tokens: tokens,
                bits: form.bits ?? 16, activationBits: form.nativeActivationBits.map(Double.init), sparsity: sparsity,
                scheme: form.scheme),
            loss: measured.loss, family: measured.model.family, checkpoint: measured.model.checkpoint,
            phase: measured.model.phase)
        label(by: measured.model.run)
    }

    private mutating func label(by run: TrainingRun) {
        (series, seed, stage) = (run.series, run.seed, run.stage.map(String.init))
    }
}
