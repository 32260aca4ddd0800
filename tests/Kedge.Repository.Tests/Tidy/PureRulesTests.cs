using Kedge.Tidy;
using Kedge.Tidy.Rules;

namespace Kedge.Repository.Tests.Tidy;

public sealed class PureRulesTests
{
    [Theory]
    [InlineData("""var x = File.ReadAllText("a");""", "File.ReadAllText")]
    [InlineData("""var x = System.IO.File.ReadAllText("a");""", "System.IO.File")]
    [InlineData("""Directory.CreateDirectory("a");""", "Directory.CreateDirectory")]
    [InlineData("""using var x = new FileStream("a", FileMode.Open);""", "FileStream")]
    [InlineData("""var x = Environment.GetEnvironmentVariable("A");""", "Environment")]
    [InlineData("Console.WriteLine();", "Console")]
    [InlineData("var x = DateTime.UtcNow;", "DateTime.UtcNow")]
    [InlineData("var x = DateTimeOffset.Now;", "DateTimeOffset.Now")]
    [InlineData("var x = new Random(1);", "Random")]
    [InlineData("Task<int> x = Run();", "Task")]
    [InlineData("await Task.Yield();", "Task")]
    [InlineData("List<ValueTask> x = [];", "ValueTask")]
    public void What_needs_a_shell_is_named(string statement, string what)
    {
        Offence offence = Assert.Single(Judged($"class C {{ void M() {{\n{statement}\n}} }}"));

        Assert.Equal(2, offence.Line);
        Assert.Equal(what, offence.Subject);
    }

    [Theory]
    [InlineData("var x = report.Process;")]
    [InlineData("var x = report.File.Length;")]
    [InlineData("var x = new Report(File: 1, Console: 2);")]
    [InlineData("DateTimeOffset x = new(ticks, TimeSpan.Zero);")]
    [InlineData("var x = Path.Combine(a, b);")]
    public void What_only_looks_like_it_passes(string statement) =>
        Assert.Empty(Judged($"class C {{ void M() {{ {statement} }} }}"));

    [Fact]
    public void A_namespace_of_sockets_or_hosts_is_named() => Assert.Equal(
        "System.Net.Sockets", Assert.Single(Judged("using System.Net.Sockets;")).Subject);

    [Fact]
    public void An_interface_and_a_border_may_return_a_task()
    {
        const string Type = "class Memory { ValueTask<int> CountAsync() => new(1); }";

        Assert.Empty(Judged("interface IStore { ValueTask<int> CountAsync(); }"));
        Assert.Empty(Judged(Type, "src/Kedge.Core/Borders/Memory.cs"));
        Assert.NotEmpty(Judged(Type));
    }

    private static List<Offence> Judged(string text, string path = "src/Kedge.Core/C.cs") =>
        [.. PureRules.Judge(new SourceFile(path, text))];
}
