using Kedge.Tidy;
using Kedge.Tidy.Rules;

namespace Kedge.Repository.Tests.Tidy;

public sealed class ShapeRulesTests
{
    [Fact]
    public void A_method_at_the_limit_passes_and_one_line_more_is_named_with_its_line_and_length()
    {
        Assert.Empty(Judged(MethodOf(lines: 70)));

        Offence offence = Assert.Single(Judged(MethodOf(lines: 71)));
        Assert.Equal("src/Kedge.Core/Loop.cs:3: method RunOnce has 71 lines, limit 70", offence.ToString());
    }

    [Fact]
    public void Attributes_and_documentation_do_not_count_as_lines_of_the_method()
    {
        string text = MethodOf(lines: 70).Replace(
            "    void RunOnce()",
            "    /// <summary>Runs.</summary>\n    [Fact]\n    void RunOnce()",
            StringComparison.Ordinal);

        Assert.Empty(Judged(text));
    }

    [Fact]
    public void Long_top_level_statements_count_as_a_method()
    {
        string text = string.Concat(Enumerable.Repeat("Run();\n", 71));

        Assert.Equal("long-method", Assert.Single(Judged(text, "src/Kedge.Agent/Program.cs")).Rule);
    }

    [Fact]
    public void A_long_file_is_named_unless_it_is_a_table_or_a_test()
    {
        string text = string.Concat(Enumerable.Repeat("// a line\n", 501));

        Assert.Equal(
            "src/Kedge.Core/Loop.cs: file has 501 lines, limit 500", Assert.Single(Judged(text)).ToString());
        Assert.Empty(Judged(text[10..]));
        Assert.Empty(Judged(text, "src/Kedge.Core/Device/TransitionTable.cs"));
        Assert.Empty(Judged(text, "tests/Kedge.Core.Tests/LoopTests.cs"));
    }

    [Fact]
    public void A_line_of_120_columns_passes_and_one_of_121_does_not()
    {
        Assert.Empty(Judged("// " + new string('x', 117)));
        Assert.Equal(
            "src/Kedge.Core/Loop.cs:1: line has 121 columns, limit 120",
            Assert.Single(Judged("// " + new string('x', 118))).ToString());
    }

    [Fact]
    public void A_letter_of_two_code_units_is_one_column() => Assert.Empty(Judged("// " + new string('é', 117)));

    [Fact]
    public void A_region_is_named() =>
        Assert.Equal("region", Assert.Single(Judged("  #region Fields\n#endregion")).Rule);

    private static List<Offence> Judged(string text, string path = "src/Kedge.Core/Loop.cs") =>
        [.. ShapeRules.Judge(new SourceFile(path, text))];

    /// <summary>A method on line 3 whose signature, braces and statements are so many lines.</summary>
    private static string MethodOf(int lines)
    {
        string statements = string.Concat(Enumerable.Repeat("        Step();\n", lines - 3));
        return "class Loop\n{\n    void RunOnce()\n    {\n" + statements + "    }\n}\n";
    }
}
