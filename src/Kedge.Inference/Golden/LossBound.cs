using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Kedge.Inference.Golden;

/// <summary>
/// How much a variant may lose. <see cref="Share"/> is one number for any model: where the author's samples expect
/// decisions, that many of them may come out wrong which the model itself has right; else, where the answers hold
/// decisions, that many may be other ones; else the mean error may be that share of the outputs' mean magnitude. The
/// others bound one figure each, whatever the model is.
/// </summary>
public sealed record LossBound
{
    /// <summary>Allowed loss of any kind, 0..1.</summary>
    public double? Share { get; init; }

    /// <summary>Allowed share of decisions that are others than the model's, 0..1.</summary>
    public double? Top1 { get; init; }

    /// <summary>Allowed loss of accuracy on what the samples expect, 0..1.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Allowed difference of any floating-point element, 0 or more.</summary>
    public double? Absolute { get; init; }

    /// <summary>Allowed mean error as a share of the mean magnitude, 0 or more.</summary>
    public double? Relative { get; init; }

    /// <summary>Reads <c>1%</c>, <c>0.01</c> or <c>top1=1%,accuracy=0.5%,abs=0.05,rel=2%</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LossBound? bound)
    {
        bound = new LossBound();
        foreach (string part in text.Split(','))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? "" : part[..equals].Trim();
            if (!TryNumber(part[(equals + 1)..].Trim(), out double number))
            {
                bound = null;
                return false;
            }

            LossBound? more = name switch
            {
                "" when number <= 1 && bound.Share is null => bound with { Share = number },
                "top1" when number <= 1 && bound.Top1 is null => bound with { Top1 = number },
                "accuracy" when number <= 1 && bound.Accuracy is null => bound with { Accuracy = number },
                "abs" when bound.Absolute is null => bound with { Absolute = number },
                "rel" when bound.Relative is null => bound with { Relative = number },
                _ => null,
            };
            bound = more;
            if (bound is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Why a variant loses too much, as a part of a sentence; null where it does not.</summary>
    /// <param name="original">The model's own report: its accuracy on what the samples expect.</param>
    /// <param name="variant">The variant's.</param>
    /// <param name="expectsAnswers">True when the samples are the author's: recorded ones expect nothing.</param>
    public string? Excess(LossReport original, LossReport variant, bool expectsAnswers)
    {
        bool hasAnswers = expectsAnswers && variant.Answers > 0;
        bool hasDecisions = variant.Decisions > 0;
        double lost = original.Accuracy - variant.Accuracy;
        double other = 1 - variant.Agreement;
        double relative = variant.ErrorRelative;
        return Over("of accuracy is lost", lost, hasAnswers ? Accuracy ?? Share : Accuracy)
            ?? Over("of decisions are others", other, hasDecisions && !hasAnswers ? Top1 ?? Share : Top1)
            ?? Over("is the mean error", relative, hasDecisions || hasAnswers ? Relative : Relative ?? Share)
            ?? (variant.ErrorMax <= (Absolute ?? double.MaxValue) ? null : string.Create(
                CultureInfo.InvariantCulture,
                $"an output is off by {variant.ErrorMax:G3}, {Absolute ?? 0:G3} are allowed"));
    }

    private static string? Over(string what, double share, double? allowed) =>
        allowed is not { } most || share <= most + 1e-12
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{share:P2} {what}, {most:P2} are allowed");

    private static bool TryNumber(string text, out double number)
    {
        bool isPercent = text.EndsWith('%');
        bool read = double.TryParse(
            isPercent ? text[..^1] : text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out number);
        number = isPercent ? number / 100 : number;
        return read && number >= 0 && double.IsFinite(number);
    }
}
