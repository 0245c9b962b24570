/// What spoils a fit or what its points cannot tell.
struct Checks {
    let fit: Fit
    let optimum: Optimum

    var warnings: [FitWarning] { [] }
}
