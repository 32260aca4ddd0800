using System.Globalization;
using Kedge.Core.Models;

namespace Kedge.Cli.Output;

/// <summary>Costs and tolerances of variants in words for people.</summary>
internal static class CostText
{
    /// <summary>A cost, as <c>412 us and 44.0 MiB on x64-avx2</c>.</summary>
    public static string Of(VariantCost cost) => string.Create(CultureInfo.InvariantCulture, $"{cost.LatencyUs} us")
        + (cost.MemoryBytes > 0 ? $" and {Ages.Bytes(cost.MemoryBytes)}" : "") + $" on {cost.Hardware}";

    /// <summary>A tolerance, as <c>0.02 and 5 % of the value, 99 % of samples</c>.</summary>
    public static string Of(GoldenTolerance? tolerance) => tolerance is null ? "as the samples" : string.Create(
        CultureInfo.InvariantCulture,
        $"{tolerance.Absolute} + {tolerance.Relative * 100:0.#######} %, ")
        + string.Create(CultureInfo.InvariantCulture, $"{tolerance.MinimumAgreement * 100:0.####} % agree");
}
