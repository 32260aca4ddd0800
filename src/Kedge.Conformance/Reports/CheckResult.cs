using System.Collections.Immutable;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Reports;

/// <summary>How one check ended. Never compared.</summary>
/// <param name="Rule">What was checked.</param>
/// <param name="Model">With which model; empty for none.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Words">Why it failed or does not apply; empty when it passed.</param>
/// <param name="Exchanges">What was sent and got, when it failed.</param>
internal sealed record CheckResult(
    Rule Rule, string Model, Verdict Verdict, string Words, ImmutableArray<(string Sent, string Got)> Exchanges)
{
    /// <summary>The rule's id, with the model where there is one.</summary>
    public string Name => Model.Length > 0 ? $"{Rule.Id}[{Model}]" : Rule.Id;
}
