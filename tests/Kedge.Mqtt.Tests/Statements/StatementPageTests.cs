using System.Globalization;
using System.Reflection;
using System.Text;
using Kedge.Mqtt.Tests.Support;

namespace Kedge.Mqtt.Tests.Statements;

/// <summary>
/// docs/protocol/mqtt-statements.md is generated from the list and the tests: KEDGE_GOLDEN=1 writes it anew.
/// </summary>
public sealed class StatementPageTests
{
    private static readonly IReadOnlyList<Statement> List =
    [
        .. from line in Resources.Lines("statements.txt")
           where !line.StartsWith('#')
           let parts = line.Split('|')
           select new Statement(parts[0], parts[1], parts[2]),
    ];

    private static readonly ILookup<string, string> Proofs =
        (from type in typeof(StatementPageTests).Assembly.GetTypes()
         from method in type.GetMethods()
         from spec in method.GetCustomAttributes<SpecAttribute>()
         orderby type.Name, method.Name
         select (spec.Id, Test: $"{type.Name}.{method.Name}"))
        .ToLookup(pair => pair.Id, pair => pair.Test);

    [Fact]
    public void Every_statement_that_a_test_names_is_in_the_list()
    {
        Assert.Empty(Proofs.Select(proof => proof.Key).Except(List.Select(statement => statement.Id)));
        Assert.Equal(List.Count, List.DistinctBy(statement => statement.Id).Count());
    }

    [Fact]
    public void The_page_of_statements_is_in_step()
    {
        string path = Path.Combine(Root(), "docs", "protocol", "mqtt-statements.md");
        string page = Page();
        if (Environment.GetEnvironmentVariable("KEDGE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, page);
        }

        Assert.Equal(page, File.ReadAllText(path));
    }

    private static string Page()
    {
        Statement[] proven = [.. List.Where(statement => Proofs.Contains(statement.Id))];
        Statement[] open = [.. List.Where(statement => !Proofs.Contains(statement.Id))];
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # MQTT 5.0, statement by statement

            Generated from the tests of `Kedge.Mqtt` by `./dev golden`; do not edit.
            {proven.Length} of {List.Count} normative statements have a test. The words are ours: the standard's count.

            ## Without a test


            """);
        foreach (IGrouping<string, Statement> group in open.GroupBy(statement => statement.Part))
        {
            page.Append(CultureInfo.InvariantCulture, $"{Heading(group.Key)}\n\n");
            foreach (Statement statement in group)
            {
                page.Append(CultureInfo.InvariantCulture, $"- {statement.Id}: {statement.Words}\n");
            }

            page.Append('\n');
        }

        page.Append("## With a test\n\n| statement | in words | tests |\n|---|---|---|\n");
        foreach (Statement statement in proven)
        {
            string tests = string.Join("<br>", Proofs[statement.Id].Distinct());
            page.Append(CultureInfo.InvariantCulture, $"| {statement.Id} | {statement.Words} | {tests} |\n");
        }

        return page.ToString();
    }

    private static string Heading(string part) => part switch
    {
        "-" => "Supported, and not tested by itself:",
        "routing" => "Decided by whoever owns the broker's sessions, not by the sessions:",
        "qos2" => "QoS 2, which the codec reads and the sessions refuse:",
        "retained" => "Retained messages, which the sessions refuse:",
        "shared" => "Shared subscriptions, which the sessions refuse:",
        "kept-sessions" => "Sessions that outlive their connection, which are not granted:",
        "enhanced-auth" => "Enhanced authentication, which the sessions refuse:",
        "subscription-ids" => "Subscription identifiers, which the sessions refuse:",
        "websocket" => "MQTT over WebSocket, which is the transport's owner's:",
        "message-expiry" => "Message expiry, which is passed on and not acted upon:",
        _ => throw new InvalidOperationException($"Unknown part {part} in statements.txt"),
    };

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Kedge.slnx")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException("No Kedge.slnx above the tests.");
        }

        return folder;
    }

    private sealed record Statement(string Id, string Part, string Words);
}
