using System.CommandLine;

namespace Kedge.Cli.Output;

/// <summary>The option <c>-o</c>.</summary>
internal static class OutputOption
{
    /// <summary>One option for one command.</summary>
    public static Option<string> Create(params string[] words)
    {
        Option<string> option = new("--output", "-o")
        {
            Description = $"Form of the result: {string.Join(", ", words)}.",
            HelpName = "FORM",
        };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    /// <summary>What the user chose.</summary>
    public static OutputFormat Parse(string? word) => word switch
    {
        "wide" => OutputFormat.Wide,
        "json" => OutputFormat.Json,
        "yaml" => OutputFormat.Yaml,
        "name" => OutputFormat.Name,
        _ => OutputFormat.Table,
    };
}
