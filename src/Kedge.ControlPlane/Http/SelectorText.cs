using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// Selectors as kubectl writes them: <c>line=press,site!=lyon,gpu,!old</c> and <c>site in (lyon,turin)</c>.
/// </summary>
internal static class SelectorText
{
    private const int CharsMax = 2048;

    /// <summary>Reads a selector; null when it is none.</summary>
    public static LabelSelector? TryParse(string text)
    {
        if (text.Length > CharsMax)
        {
            return null;
        }

        ImmutableArray<SelectorExpression>.Builder expressions = ImmutableArray.CreateBuilder<SelectorExpression>();
        foreach (string part in Split(text))
        {
            if (Parse(part.Trim()) is not { } expression || expressions.Count >= Limits.SelectorExpressionsMax)
            {
                return null;
            }

            expressions.Add(expression);
        }

        return new LabelSelector { MatchExpressions = expressions.ToImmutable() };
    }

    private static SelectorExpression? Parse(string part)
    {
        SelectorExpression? expression = part switch
        {
            _ when part.StartsWith('!') => new(part[1..].Trim(), SelectorOperator.DoesNotExist, []),
            _ when part.EndsWith(')') => ParseSet(part),
            _ when part.IndexOf("!=", StringComparison.Ordinal) is > 0 and var at =>
                new(part[..at].Trim(), SelectorOperator.NotIn, [part[(at + 2)..].Trim()]),
            _ when part.IndexOf("==", StringComparison.Ordinal) is > 0 and var at =>
                new(part[..at].Trim(), SelectorOperator.In, [part[(at + 2)..].Trim()]),
            _ when part.IndexOf('=', StringComparison.Ordinal) is > 0 and var at =>
                new(part[..at].Trim(), SelectorOperator.In, [part[(at + 1)..].Trim()]),
            _ => new(part, SelectorOperator.Exists, []),
        };
        return expression is not null && LabelRules.IsKey(expression.Key) && expression.Values.All(LabelRules.IsValue)
            ? expression
            : null;
    }

    private static SelectorExpression? ParseSet(string part)
    {
        int open = part.IndexOf('(', StringComparison.Ordinal);
        string[] head = open < 0 ? [] : part[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (head is not [string key, "in" or "notin"])
        {
            return null;
        }

        ImmutableArray<string> values = [.. part[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries)];
        return new SelectorExpression(key, head[1] == "in" ? SelectorOperator.In : SelectorOperator.NotIn, values);
    }

    /// <summary>Splits at commas outside of parentheses.</summary>
    private static IEnumerable<string> Split(string text)
    {
        int start = 0;
        int depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] == ',' && depth == 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        if (text.Length > 0)
        {
            yield return text[start..];
        }
    }
}
