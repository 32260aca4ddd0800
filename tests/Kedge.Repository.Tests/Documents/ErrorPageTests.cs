using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Kedge.Core.Errors;

namespace Kedge.Repository.Tests.Documents;

public sealed class ErrorPageTests
{
    private static IReadOnlyList<(FieldInfo Field, ErrorCode Value)> Codes() => Assemblies.FieldsOf<ErrorCode>();

    [Fact]
    public void Every_code_has_the_form_area_and_number_and_is_used_once()
    {
        Assert.NotEmpty(Codes());
        Assert.All(Codes(), code => Assert.Matches("^KEDGE-[A-Z]{2,12}-[0-9]{3}$", code.Value.Code));

        IEnumerable<string> twice = Codes()
            .GroupBy(code => code.Value.Code, StringComparer.Ordinal)
            .Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(code => NameOf(code.Field)))}");
        Assert.True(!twice.Any(), $"used more than once:\n{string.Join('\n', twice)}");
    }

    [Fact]
    public void Every_code_says_in_a_sentence_what_happened_and_what_to_do() => Assert.All(Codes(), code =>
    {
        Assert.True(IsSentence(code.Value.Cause), $"{NameOf(code.Field)}: no sentence: {code.Value.Cause}");
        Assert.True(IsSentence(code.Value.Remedy), $"{NameOf(code.Field)}: no sentence: {code.Value.Remedy}");
    });

    [Fact]
    public void Every_code_is_a_readonly_field() =>
        Assert.All(Codes(), code => Assert.True(code.Field.IsInitOnly, NameOf(code.Field)));

    /// <summary>A code that is made up where it is thrown would be missing from the page.</summary>
    [Fact]
    public void Every_code_that_the_sources_name_is_a_field()
    {
        HashSet<string> known = [.. Codes().Select(code => code.Value.Code)];
        IEnumerable<string> unknown = Tree.Read().Files
            .Where(file => file.IsCSharp && file.Project.Length > 0)
            .SelectMany(file => Regex.Matches(file.Text, "\"(KEDGE-[A-Z]+-[0-9]{3})\"")
                .Select(match => (file.Path, Code: match.Groups[1].Value)))
            .Where(found => !known.Contains(found.Code))
            .Select(found => $"{found.Path}: {found.Code}");

        Assert.True(!unknown.Any(), $"no field holds:\n{string.Join('\n', unknown)}");
    }

    [Fact]
    public void The_page_of_errors_is_in_step_with_the_code() => GeneratedPage.MustEqual("docs/errors.md", Page());

    private static string Page()
    {
        var page = new StringBuilder(
            """
            # Errors

            Every error that a user can meet has a stable code. This page is written by `./dev golden` from the fields
            of type `ErrorCode` and held in step by a test; a code is never used again for something else.

            """);
        foreach (var area in Codes().Select(code => code.Value)
            .OrderBy(code => code.Code, StringComparer.Ordinal)
            .GroupBy(code => code.Code.Split('-')[1], StringComparer.Ordinal))
        {
            page.Append($"\n## {area.Key}\n\n| code | what has happened | what to do |\n|---|---|---|\n");
            foreach (ErrorCode code in area)
            {
                page.Append($"| `{code.Code}` | {GeneratedPage.Cell(code.Cause)} ")
                    .Append($"| {GeneratedPage.Cell(code.Remedy)} |\n");
            }
        }

        return page.ToString();
    }

    private static bool IsSentence(string text) => text.Length >= 10 && text.EndsWith('.') && !char.IsLower(text[0]);

    private static string NameOf(FieldInfo field) => $"{field.DeclaringType?.Name}.{field.Name}";
}
