using Kedge.Tidy;
using Microsoft.CodeAnalysis.CSharp;

namespace Kedge.Repository.Tests.Tidy;

public sealed class CodeWrapTests
{
    [Fact]
    public void A_long_method_breaks_after_its_arrow() => Wraps(
        $"    public static int {Long(50)}(string text) => Parser.{Long(50)}(text, out _);",
        $"    public static int {Long(50)}(string text) =>\n        Parser.{Long(50)}(text, out _);");

    [Fact]
    public void A_long_call_breaks_after_its_parenthesis() => Wraps(
        $"        {Long(40)}.Add({Long(40)}, {Long(40)});",
        $"        {Long(40)}.Add(\n            {Long(40)}, {Long(40)});");

    [Fact]
    public void A_long_choice_shows_both_branches() => Wraps(
        $"        return {Long(40)}.Length == 0 ? {Long(40)} : {Long(40)};",
        $"        return {Long(40)}.Length == 0\n            ? {Long(40)}\n            : {Long(40)};");

    [Fact]
    public void A_line_that_a_literal_makes_long_is_left_to_its_author()
    {
        string text = $"class C\n{{\n    string S =\n        \"{Long(130)}\";\n}}\n";

        Assert.Equal(text, CodeWrap.Apply(text));
    }

    /// <summary>Checks the result, and that only white space differs.</summary>
    private static void Wraps(string line, string expected)
    {
        string text = line.StartsWith("    public", StringComparison.Ordinal)
            ? $"class C\n{{\n{line}\n}}\n"
            : $"class C\n{{\n    object M()\n    {{\n{line}\n    }}\n}}\n";
        string wrapped = CodeWrap.Apply(text);

        Assert.Contains(expected, wrapped, StringComparison.Ordinal);
        Assert.True(CSharpSyntaxTree.ParseText(text).IsEquivalentTo(CSharpSyntaxTree.ParseText(wrapped)));
    }

    private static string Long(int chars) => new('x', chars);
}
