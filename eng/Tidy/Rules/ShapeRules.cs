using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Kedge.Tidy.Rules;

/// <summary>Length of methods, files and lines, and regions.</summary>
public static class ShapeRules
{
    /// <summary>Judges one C# file.</summary>
    public static IEnumerable<Offence> Judge(SourceFile file)
    {
        foreach (Offence offence in LongLines(file).Concat(Regions(file)))
        {
            yield return offence;
        }

        if (file.IsProduct)
        {
            foreach (Offence offence in LongMethods(file).Concat(LongFile(file)))
            {
                yield return offence;
            }
        }
    }

    private static IEnumerable<Offence> LongLines(SourceFile file)
    {
        for (int index = 0; index < file.Lines.Count; index++)
        {
            int columns = new StringInfo(file.Lines[index]).LengthInTextElements;
            if (columns > Limits.LineColumnsMax)
            {
                string subject = file.Lines[index].Trim();
                yield return new Offence(
                    file.Path, index + 1, "long-line", subject[..Math.Min(subject.Length, 40)], columns,
                    $"line has {columns} columns, limit {Limits.LineColumnsMax}");
            }
        }
    }

    private static IEnumerable<Offence> Regions(SourceFile file)
    {
        for (int index = 0; index < file.Lines.Count; index++)
        {
            if (file.Lines[index].AsSpan().TrimStart().StartsWith("#region", StringComparison.Ordinal))
            {
                yield return new Offence(
                    file.Path, index + 1, "region", "region", 1, "a region hides what should be a type of its own");
            }
        }
    }

    private static IEnumerable<Offence> LongFile(SourceFile file)
    {
        int lines = file.Lines.Count - (file.Lines[^1].Length == 0 ? 1 : 0);
        if (lines > Limits.FileLinesMax && !IsTableOrGenerated(file.Name))
        {
            yield return new Offence(
                file.Path, 0, "long-file", "file", lines, $"file has {lines} lines, limit {Limits.FileLinesMax}");
        }
    }

    /// <summary>A table is read across, not down: splitting it would hide the gaps that one looks for.</summary>
    private static bool IsTableOrGenerated(string name) =>
        name.EndsWith(".g.cs", StringComparison.Ordinal) || name.EndsWith("Table.cs", StringComparison.Ordinal)
        || name.EndsWith("Vectors.cs", StringComparison.Ordinal);

    private static IEnumerable<Offence> LongMethods(SourceFile file)
    {
        foreach (SyntaxNode node in file.Syntax.DescendantNodes())
        {
            (string Name, SyntaxNode Body)? method = node switch
            {
                MethodDeclarationSyntax m => (m.Identifier.Text, m),
                ConstructorDeclarationSyntax c => (c.Identifier.Text, c),
                OperatorDeclarationSyntax o => ($"operator {o.OperatorToken.Text}", o),
                AccessorDeclarationSyntax { Parent.Parent: PropertyDeclarationSyntax p } a =>
                    ($"{p.Identifier.Text}.{a.Keyword.Text}", a),
                _ => null,
            };
            if (method is { } found && LinesOf(found.Body) is > Limits.MethodLinesMax and int lines)
            {
                yield return new Offence(
                    file.Path, SourceFile.LineOf(found.Body), "long-method", found.Name, lines,
                    $"method {found.Name} has {lines} lines, limit {Limits.MethodLinesMax}");
            }
        }

        GlobalStatementSyntax[] statements = [.. file.Syntax.Members.OfType<GlobalStatementSyntax>()];
        if (statements.Length > 0)
        {
            int lines = LastLineOf(statements[^1]) - SourceFile.LineOf(statements[0]) + 1;
            if (lines > Limits.MethodLinesMax)
            {
                yield return new Offence(
                    file.Path, SourceFile.LineOf(statements[0]), "long-method", "top-level", lines,
                    $"top-level statements have {lines} lines, limit {Limits.MethodLinesMax}");
            }
        }
    }

    /// <summary>From the signature, without its attributes and documentation, to the closing brace.</summary>
    private static int LinesOf(SyntaxNode method)
    {
        SyntaxToken first = method.ChildNodesAndTokens()
            .Where(child => !child.IsKind(SyntaxKind.AttributeList))
            .Select(child => child.AsNode()?.GetFirstToken() ?? child.AsToken())
            .First();
        return LastLineOf(method) - first.GetLocation().GetLineSpan().StartLinePosition.Line;
    }

    private static int LastLineOf(SyntaxNode node) => node.GetLocation().GetLineSpan().EndLinePosition.Line + 1;
}
