using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Kedge.Tidy;

/// <summary>One file of the repository: its text, and its syntax when it is C#.</summary>
public sealed class SourceFile
{
    private static readonly CSharpParseOptions Options = new(LanguageVersion.Preview);
    private readonly Lazy<CompilationUnitSyntax> _syntax;

    /// <summary>Takes a file as it stands.</summary>
    /// <param name="path">Relative to the root, with forward slashes.</param>
    /// <param name="text">The whole text.</param>
    public SourceFile(string path, string text)
    {
        Path = path;
        Text = text;
        Lines = text.Split('\n');
        _syntax = new(() => (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(text, Options).GetRoot());
    }

    /// <summary>Relative to the root, with forward slashes.</summary>
    public string Path { get; }

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>The lines, without their line feeds.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The name without folders.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>True for C# source.</summary>
    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    /// <summary>True for code that ships or checks what ships: the rules on shape hold there.</summary>
    public bool IsProduct => Path.StartsWith("src/", StringComparison.Ordinal)
        || Path.StartsWith("eng/", StringComparison.Ordinal);

    /// <summary>The project folder's name under <c>src/</c>, or empty.</summary>
    public string Project => Path.StartsWith("src/", StringComparison.Ordinal) ? Path.Split('/')[1] : "";

    /// <summary>The syntax tree, parsed when first asked for.</summary>
    public CompilationUnitSyntax Syntax => _syntax.Value;

    /// <summary>The line of a node's first token, from 1.</summary>
    public static int LineOf(SyntaxNode node) => node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
}
