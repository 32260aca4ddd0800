using System.Collections.Immutable;
using Kedge.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Kedge.Repository.Tests.Analyzers;

public sealed class ClosedSwitchTests
{
    private const string Hierarchy =
        """
        using Kedge.Core;
        [Closed]
        public abstract record Outcome
        {
            public sealed record Done(int Count) : Outcome;
            public sealed record Lost : Outcome;
            public abstract record Refused : Outcome
            {
                public sealed record Forever : Refused;
            }
            public sealed record Detail;
        }
        """;

    [Theory]
    [InlineData("o switch { Outcome.Done => 1, Outcome.Lost => 2, Outcome.Refused.Forever => 3, _ => 0 }")]
    [InlineData("o switch { Outcome.Done => 1, Outcome.Lost or Outcome.Refused => 2, _ => 0 }")]
    [InlineData("o switch { Outcome.Done d => d.Count, Outcome.Lost { } => 2, Outcome.Refused r => 3, _ => 0 }")]
    [InlineData("o switch { Outcome.Done { Count: 1 } => 1, Outcome.Lost when n > 1 => 2, Outcome.Refused => 3 }")]
    [InlineData("n switch { 1 => 1, _ => 0 }")]
    public async Task A_switch_that_names_every_case_passes(string expression) =>
        Assert.Empty(await JudgedAsync($"return {expression};"));

    [Theory]
    [InlineData("o switch { Outcome.Done => 1, _ => 0 }", "Lost, Forever")]
    [InlineData("o switch { Outcome.Done => 1, Outcome.Lost => 2, _ => 0 }", "Forever")]
    [InlineData("o switch { Outcome.Done => 1, Outcome.Lost => 2, var other => 0 }", "Forever")]
    [InlineData("o switch { Outcome.Done => 1, Outcome.Lost => 2, Outcome other => 0 }", "Forever")]
    [InlineData("o switch { Outcome.Done => 1, not Outcome.Lost => 2, _ => 0 }", "Lost, Forever")]
    public async Task A_switch_expression_that_leaves_a_case_is_reported(string expression, string missing)
    {
        Diagnostic found = Assert.Single(await JudgedAsync($"return {expression};"));

        Assert.Equal($"The switch over Outcome does not name {missing}", Text(found));
    }

    [Fact]
    public async Task A_switch_statement_that_leaves_a_case_is_reported()
    {
        const string Statement = "switch (o) { case Outcome.Done d: return d.Count; case Outcome.Lost: return 1; }";

        Diagnostic found = Assert.Single(await JudgedAsync($"{Statement}\nreturn 0;"));

        Assert.Equal("The switch over Outcome does not name Forever", Text(found));
    }

    [Fact]
    public async Task An_open_hierarchy_is_not_judged()
    {
        string text = Hierarchy.Replace("[Closed]", "", StringComparison.Ordinal);

        Assert.Empty(await JudgedAsync("return o switch { Outcome.Done => 1, _ => 0 };", text));
    }

    private static string Text(Diagnostic found) =>
        found.GetMessage(System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<ImmutableArray<Diagnostic>> JudgedAsync(string body, string hierarchy = Hierarchy)
    {
        string text = $"{hierarchy}\nstatic class C {{ static int M(Outcome o, int n) {{ {body} }} }}";
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!; // every .NET host sets it
        CSharpCompilation compilation = CSharpCompilation.Create(
            "judged",
            [CSharpSyntaxTree.ParseText(text)],
            platform.Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        Assert.Empty(compilation.GetDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error));
        return await compilation.WithAnalyzers([new ClosedSwitchAnalyzer()]).GetAnalyzerDiagnosticsAsync();
    }
}
