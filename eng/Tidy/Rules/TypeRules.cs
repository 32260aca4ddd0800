using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Kedge.Tidy.Rules;

/// <summary>
/// One top-level type per file, named after the file, and names that say what the type does. What may share a file
/// with its principal type: cases that derive from it, enums, file-local types, and records, structs and static classes
/// (constants) of at most <see cref="Limits.CompanionLinesMax"/> lines; in a folder <c>Borders</c> also what the border
/// hands out. A file may bear the plural name of its principal type or, of such companions alone, of the group
/// (<c>EnrolMessages.cs</c>).
/// <c>Ids.cs</c> is the registry of ids and holds them all.
/// </summary>
public static class TypeRules
{
    private static readonly string[] SuffixesForbidden =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Base", "Impl", "Info", "Data", "Processor", "Service"];

    /// <summary>Judges one C# file.</summary>
    public static IEnumerable<Offence> Judge(SourceFile file)
    {
        foreach (BaseTypeDeclarationSyntax type in file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
        {
            string name = type.Identifier.Text;
            string? suffix = SuffixesForbidden.FirstOrDefault(
                candidate => name.EndsWith(candidate, StringComparison.Ordinal));
            if (suffix is not null && !name.Contains("Systemd", StringComparison.Ordinal))
            {
                yield return new Offence(
                    file.Path, SourceFile.LineOf(type), "type-name", name, 1,
                    $"type {name} ends in {suffix}, which does not say what it does");
            }
        }

        if (file.IsProduct)
        {
            foreach (Offence offence in Companions(file))
            {
                yield return offence;
            }
        }
    }

    private static IEnumerable<Offence> Companions(SourceFile file)
    {
        BaseTypeDeclarationSyntax[] types =
        [
            .. file.Syntax.DescendantNodes(node => node is not BaseTypeDeclarationSyntax)
                .OfType<BaseTypeDeclarationSyntax>(),
        ];
        string expected = file.Name.Split('.')[0];
        bool isBorder = file.Path.Contains("/Borders/", StringComparison.Ordinal);
        bool isGroup = expected.EndsWith('s') && types.All(type => IsCompanion(type, types, isBorder));
        if (types.Length == 0 || isGroup || file.Name == "Ids.cs")
        {
            yield break;
        }

        BaseTypeDeclarationSyntax? principal = types.FirstOrDefault(type => type.Identifier.Text == expected)
            ?? types.FirstOrDefault(type => $"{type.Identifier.Text}s" == expected)
            ?? types.FirstOrDefault(type => type.Identifier.Text == $"I{expected.TrimEnd('s')}");
        if (principal is null && file.Name != "Program.cs")
        {
            yield return new Offence(
                file.Path, 0, "file-name", file.Name, 1,
                $"file holds {types[0].Identifier.Text} but no type {expected}");
        }

        principal ??= types[0];
        foreach (BaseTypeDeclarationSyntax type in types)
        {
            string name = type.Identifier.Text;
            if (name != principal.Identifier.Text && !IsCompanion(type, types, isBorder))
            {
                yield return new Offence(
                    file.Path, SourceFile.LineOf(type), "second-type", name, 1,
                    $"type {name} stands beside {principal.Identifier.Text}: give it a file of its own");
            }
        }
    }

    private static bool IsCompanion(
        BaseTypeDeclarationSyntax type, BaseTypeDeclarationSyntax[] neighbours, bool isBorder)
    {
        if (type is EnumDeclarationSyntax || type.Modifiers.Any(token => token.IsKind(SyntaxKind.FileKeyword)))
        {
            return true;
        }

        bool isCase = type.BaseList?.Types.Any(
            based => neighbours.Any(other => other.Identifier.Text == NameOf(based.Type))) ?? false;
        FileLinePositionSpan span = type.GetLocation().GetLineSpan();
        int lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
        bool isValues = isBorder || type is RecordDeclarationSyntax or StructDeclarationSyntax
            || type.Modifiers.Any(token => token.IsKind(SyntaxKind.StaticKeyword));
        return isCase || (isValues && lines <= Limits.CompanionLinesMax);
    }

    private static string NameOf(TypeSyntax type) => type switch
    {
        SimpleNameSyntax simple => simple.Identifier.Text,
        QualifiedNameSyntax qualified => qualified.Right.Identifier.Text,
        _ => "",
    };
}
