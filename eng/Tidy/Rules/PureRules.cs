using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Kedge.Tidy.Rules;

/// <summary>
/// What a project marked <c>pure</c> in the reference table must not touch: files, processes, sockets, clocks, chance
/// and
/// tasks. Tasks are allowed in a folder <c>Borders</c> and inside an interface, where shells plug in. The rule reads
/// syntax, not symbols: it looks at the names that code would have to write.
/// </summary>
public static class PureRules
{
    private static readonly string[] NamesBanned =
    [
        "FileStream", "FileInfo", "DirectoryInfo", "StreamReader", "StreamWriter", "Environment", "Console", "Random",
        "Process", "Stopwatch", "HttpClient", "Socket", "TcpClient", "TcpListener", "ILogger", "Thread",
    ];

    private static readonly string[] TaskNames = ["Task", "ValueTask"];

    private static readonly string[] NamespacesBanned =
    [
        "System.Net.Http", "System.Net.Sockets", "System.Net.Security", "System.IO.Pipelines", "Microsoft.Extensions",
        "Microsoft.AspNetCore", "System.IO.Compression.FileSystem",
    ];

    private static readonly string[] FileMembers =
    [
        "Read", "Write", "Open", "Exists", "Delete", "Move", "Copy", "Create", "Append", "Get", "Set", "Enumerate",
        "Replace",
    ];

    /// <summary>Judges one C# file of a pure project.</summary>
    public static IEnumerable<Offence> Judge(SourceFile file)
    {
        foreach (UsingDirectiveSyntax directive in file.Syntax.DescendantNodes().OfType<UsingDirectiveSyntax>())
        {
            string name = directive.NamespaceOrType.ToString();
            if (NamespacesBanned.Any(banned => name.StartsWith(banned, StringComparison.Ordinal)))
            {
                yield return Found(file, directive, name);
            }
        }

        bool isBorder = file.Path.Contains("/Borders/", StringComparison.Ordinal);
        foreach (SimpleNameSyntax node in file.Syntax.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            string name = node.Identifier.Text;
            bool isTask = TaskNames.Contains(name, StringComparer.Ordinal);
            if (isTask && (isBorder || node.Ancestors().Any(above => above is InterfaceDeclarationSyntax)))
            {
                continue;
            }

            bool isBanned = isTask || NamesBanned.Contains(name, StringComparer.Ordinal);
            if (isBanned ? StandsForAType(node) : IsFileAccess(node) || IsClock(node))
            {
                yield return Found(file, node, isBanned ? name : node.Parent!.ToString()); // both others have a parent
            }
        }
    }

    private static Offence Found(SourceFile file, SyntaxNode node, string what) => new(
        file.Path, SourceFile.LineOf(node), "pure", what, 1,
        $"pure code uses {what}: let the shell pass what it needs");

    /// <summary>False for a member of something else (<c>report.Process</c>) and for names of arguments.</summary>
    private static bool StandsForAType(SimpleNameSyntax node) => node.Parent switch
    {
        MemberAccessExpressionSyntax access when access.Name == node => IsSystem(access.Expression),
        QualifiedNameSyntax qualified when qualified.Right == node => IsSystem(qualified.Left),
        NameColonSyntax or NameEqualsSyntax or MemberBindingExpressionSyntax => false,
        MemberAccessExpressionSyntax or QualifiedNameSyntax => true,
        ObjectCreationExpressionSyntax or BaseTypeSyntax or TypeArgumentListSyntax or NullableTypeSyntax => true,
        VariableDeclarationSyntax declaration => declaration.Type == node,
        ParameterSyntax or MethodDeclarationSyntax or PropertyDeclarationSyntax or ArrayTypeSyntax => true,
        CastExpressionSyntax or TypeOfExpressionSyntax or DelegateDeclarationSyntax => true,
        _ => false,
    };

    private static bool IsFileAccess(SimpleNameSyntax node) =>
        node.Identifier.Text is "File" or "Directory" && node.Parent is MemberAccessExpressionSyntax access
        && (access.Expression == node || (access.Parent is MemberAccessExpressionSyntax && IsSystem(access.Expression)))
        && FileMembers.Any(member => MemberAfter(node, access).StartsWith(member, StringComparison.Ordinal));

    private static string MemberAfter(SimpleNameSyntax node, MemberAccessExpressionSyntax access) =>
        access.Expression == node ? access.Name.Identifier.Text
        : access.Parent is MemberAccessExpressionSyntax outer ? outer.Name.Identifier.Text : "";

    private static bool IsClock(SimpleNameSyntax node) =>
        node.Identifier.Text is "DateTime" or "DateTimeOffset" && node.Parent is MemberAccessExpressionSyntax access
        && access.Expression == node && access.Name.Identifier.Text is "Now" or "UtcNow" or "Today";

    private static bool IsSystem(SyntaxNode left) =>
        left.ToString() is string text
        && (text.StartsWith("System", StringComparison.Ordinal)
            || text.StartsWith("global::System", StringComparison.Ordinal));
}
