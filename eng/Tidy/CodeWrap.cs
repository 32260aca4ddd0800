using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Kedge.Tidy;

/// <summary>
/// Breaks lines of code that are too long, at the outermost place where what follows then fits: after an arrow, an
/// equals
/// sign or an opening parenthesis, before an operator, a branch or a call in a chain. It moves white space between
/// tokens
/// and nothing else, so that the meaning stays; a line that only a literal makes long is left to its author.
/// </summary>
public static class CodeWrap
{
    private const int IndentColumns = 4;
    private const int PrefixColumnsMin = 24;
    private const int ListColumnsMin = 30;
    private const int BreaksMax = 2000;
    private static readonly CSharpParseOptions Options = new(LanguageVersion.Preview);

    /// <summary>The text with its long lines of code broken at <see cref="Limits.LineColumnsMax"/>.</summary>
    /// <param name="text">A C# file.</param>
    public static string Apply(string text)
    {
        int from = 0;
        for (int count = 0; count < BreaksMax; count++)
        {
            string[] lines = text.Split('\n');
            int index = Array.FindIndex(lines, from, line => line.Length > Limits.LineColumnsMax);
            if (index < 0)
            {
                break;
            }

            string? broken = Break(text, lines, index);
            text = broken ?? text;
            from = broken is null ? index + 1 : index;
        }

        return text;
    }

    private static string? Break(string text, string[] lines, int index)
    {
        string line = lines[index];
        int start = lines.Take(index).Sum(before => before.Length + 1);
        int indent = line.Length - line.TrimStart().Length;
        SyntaxNode root = CSharpSyntaxTree.ParseText(text, Options).GetRoot();
        SyntaxToken[] tokens =
        [
            .. root.DescendantTokens().Where(token =>
                token.SpanStart >= start + indent && token.SpanStart < start + line.Length && token.Span.Length > 0),
        ];
        (SyntaxToken Token, int Rank, int Column)[] places =
        [
            .. tokens.Skip(1)
                .Where(token => !IsInString(token) && PlaceOf(token, start) is not null)
                .Select(token => (token, RankOf(token, start), Column: token.SpanStart - start))
                .Where(place => line[..place.Column].TrimEnd().Length
                    is <= Limits.LineColumnsMax and > PrefixColumnsMin),
        ];
        if (places.Length == 0 || tokens[0].SpanStart != start + indent)
        {
            return null;
        }

        var fitting = places.Where(place => Continued(tokens[0], place.Token, indent) + line.Length - place.Column
            <= Limits.LineColumnsMax);
        (SyntaxToken token, _, int column) =
            (fitting.Any() ? fitting : places).MinBy(place => (place.Rank, place.Column));
        string margin = $"\n{new string(' ', Continued(tokens[0], token, indent))}";
        string tail = line[column..];
        int branch = token.Parent is ConditionalExpressionSyntax choice ? choice.ColonToken.SpanStart - start : 0;
        if (branch > column && branch < line.Length)
        {
            tail = line[column..branch].TrimEnd() + margin + line[branch..];
        }

        return $"{text[..start]}{line[..column].TrimEnd()}{margin}{tail}{text[(start + line.Length)..]}";
    }

    /// <summary>
    /// A link of a chain and an item of a list stand under the one before, anything else one step in.
    /// </summary>
    private static int Continued(SyntaxToken first, SyntaxToken broken, int indent) =>
        (IsLink(first) && IsLink(broken) && first.RawKind == broken.RawKind)
        || broken.GetPreviousToken().IsKind(SyntaxKind.CommaToken)
            ? indent
            : indent + IndentColumns;

    private static bool IsLink(SyntaxToken token) => token.Kind() is SyntaxKind.AmpersandAmpersandToken
        or SyntaxKind.BarBarToken or SyntaxKind.DotToken or SyntaxKind.ColonToken or SyntaxKind.QuestionToken;

    private static bool IsInString(SyntaxToken token) =>
        token.Parent?.AncestorsAndSelf().Any(node => node is InterpolatedStringExpressionSyntax) == true
        && !token.IsKind(SyntaxKind.InterpolatedStringStartToken);

    /// <summary>
    /// The node whose outline a break before this token would show; null where a break would not read well.
    /// </summary>
    private static SyntaxNode? PlaceOf(SyntaxToken token, int lineStart)
    {
        SyntaxToken before = token.GetPreviousToken();
        return before.Kind() switch
        {
            SyntaxKind.EqualsGreaterThanToken => before.Parent,
            SyntaxKind.EqualsToken when before.Parent is EqualsValueClauseSyntax
                or AssignmentExpressionSyntax { Parent: not InitializerExpressionSyntax } => before.Parent,
            SyntaxKind.OpenParenToken when IsList(before.Parent) && before.Parent?.Span.Length >= ListColumnsMin =>
                before.Parent,
            SyntaxKind.CommaToken when IsList(before.Parent) && before.Parent?.SpanStart < lineStart => before.Parent,
            _ => token.Kind() switch
            {
                SyntaxKind.AmpersandAmpersandToken or SyntaxKind.BarBarToken or SyntaxKind.QuestionQuestionToken =>
                    token.Parent,
                SyntaxKind.QuestionToken or SyntaxKind.ColonToken when token.Parent is ConditionalExpressionSyntax =>
                    token.Parent,
                SyntaxKind.ColonToken when token.Parent is ConstructorInitializerSyntax => token.Parent,
                SyntaxKind.WhereKeyword when token.Parent is TypeParameterConstraintClauseSyntax => token.Parent,
                SyntaxKind.DotToken when token.Parent is MemberAccessExpressionSyntax
                {
                    Parent: InvocationExpressionSyntax, Expression: InvocationExpressionSyntax,
                } => token.Parent,
                _ => null,
            },
        };
    }

    private static bool IsList(SyntaxNode? node) => node is ArgumentListSyntax or ParameterListSyntax
        or AttributeArgumentListSyntax or TupleExpressionSyntax;

    /// <summary>Outer places first; at the same depth the arrow of a method before its parameters.</summary>
    private static int RankOf(SyntaxToken token, int lineStart)
    {
        int depth = PlaceOf(token, lineStart)?.Ancestors().Count() ?? 0;
        return (2 * depth) - (token.GetPreviousToken().IsKind(SyntaxKind.EqualsGreaterThanToken) ? 1 : 0);
    }
}
