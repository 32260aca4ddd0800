using System.Collections.Immutable;

namespace Kedge.Core.Deployments;

/// <summary>How one expression of a selector compares.</summary>
public enum SelectorOperator
{
    /// <summary>Not a valid operator.</summary>
    Unknown = 0,

    /// <summary>The label is one of the values.</summary>
    In = 1,

    /// <summary>The label is absent or none of the values.</summary>
    NotIn = 2,

    /// <summary>The label is there.</summary>
    Exists = 3,

    /// <summary>The label is absent.</summary>
    DoesNotExist = 4,
}

/// <summary>One condition on one label.</summary>
/// <param name="Key">The label.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Values">For <c>In</c> and <c>NotIn</c>, 1..64 values; otherwise empty.</param>
public sealed record SelectorExpression(string Key, SelectorOperator Operator, ImmutableArray<string> Values);

/// <summary>
/// Which devices are meant, by Kubernetes' rules: all conditions must hold; an empty selector means every device.
/// </summary>
public sealed record LabelSelector
{
    /// <summary>Labels that must have exactly these values.</summary>
    public ImmutableSortedDictionary<string, string> MatchLabels { get; init; } = LabelRules.None;

    /// <summary>Further conditions, 0..32.</summary>
    public ImmutableArray<SelectorExpression> MatchExpressions { get; init; } = [];

    /// <summary>True when nothing is asked, so that every device matches.</summary>
    public bool IsEmpty => MatchLabels.Count == 0 && MatchExpressions.Length == 0;

    /// <summary>The first condition that these labels do not meet, as a sentence; null when they match.</summary>
    public string? FirstMismatch(ImmutableSortedDictionary<string, string> labels)
    {
        foreach ((string key, string value) in MatchLabels)
        {
            if (!labels.TryGetValue(key, out string? actual))
            {
                return $"label {key} is absent, {value} is asked";
            }

            if (actual != value)
            {
                return $"label {key} is {actual}, {value} is asked";
            }
        }

        foreach (SelectorExpression expression in MatchExpressions)
        {
            if (Mismatch(expression, labels) is string reason)
            {
                return reason;
            }
        }

        return null;
    }

    private static string? Mismatch(SelectorExpression expression, ImmutableSortedDictionary<string, string> labels)
    {
        bool has = labels.TryGetValue(expression.Key, out string? actual);
        string values = string.Join(", ", expression.Values);
        return expression.Operator switch
        {
            SelectorOperator.In => has && expression.Values.Contains(actual!)
                ? null
                : $"label {expression.Key} is {(has ? actual : "absent")}, one of {values} is asked",
            SelectorOperator.NotIn => has && expression.Values.Contains(actual!)
                ? $"label {expression.Key} is {actual}, none of {values} is allowed"
                : null,
            SelectorOperator.Exists => has ? null : $"label {expression.Key} is absent",
            SelectorOperator.DoesNotExist => has ? $"label {expression.Key} is present" : null,
            SelectorOperator.Unknown => throw Check.Unreachable(expression.Operator),
        };
    }
}
