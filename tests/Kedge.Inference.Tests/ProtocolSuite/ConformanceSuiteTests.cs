using System.Text.Json;
using System.Xml.Linq;
using Kedge.Conformance;
using Kedge.Conformance.Models;
using Kedge.Conformance.Reports;
using Kedge.Conformance.Rules;
using Kedge.Tests.Support;

namespace Kedge.Inference.Tests.ProtocolSuite;

/// <summary>The suite passes on our server, and sees what is wrong with one that lies.</summary>
public sealed class ConformanceSuiteTests(SuiteServer server) : IClassFixture<SuiteServer>
{
    /// <summary>
    /// A word of an answer, another one of the same length, and the rule that must see it. Bytes are replaced on their
    /// way, so that every other rule meets a right answer.
    /// </summary>
    public static TheoryData<string, string, string> Lies { get; } = new()
    {
        { "\"live\":true", "\"live\":null", "server-live" },
        { "\"ready\":true}", "\"ready\":fals}", "server-ready" },
        { "\"name\":\"kedge\"", "\"nime\":\"kedge\"", "server-metadata" },
        { "application/json", "application/text", "server-json-type" },
        { "HTTP/1.1 404", "HTTP/1.1 204", "server-unknown-path" },
        { "HTTP/1.1 404", "HTTP/1.1 400", "model-unknown-404" },
        { "\"platform\"", "\"plotform\"", "model-metadata" },
        { "\"shape\":[-1,16]", "\"shape\":[-2,16]", "model-metadata" },
        { "\"versions\":[\"1\"]", "\"versions\":[\"2\"]", "infer-flat" },
        { "\"versions\":[\"1\"]", "\"versions\":[\"2\"]", "model-metadata-version" },
        { "{\"error\"", "{\"fault\"", "fault-missing-input" },
        { "HTTP/1.1 400", "HTTP/1.1 200", "fault-no-json" },
        { "HTTP/1.1 400", "HTTP/1.1 500", "fault-datatype-other" },
        { "\"model_name\"", "\"model_nome\"", "infer-flat" },
        { "\"datatype\":\"INT32\"", "\"datatype\":\"INT64\"", "infer-flat" },
        { "\"name\":\"OUTPUT0\"", "\"name\":\"OUTPUT9\"", "infer-outputs-chosen" },
        { "\"data\":[0,2,4", "\"data\":[0,2,5", "infer-flat" },
        { "\"data\":[0,2,4", "\"data\":[0,204", "infer-flat" },
        { "\"id\":\"42\"", "\"id\":\"43\"", "infer-id" },
        { "32767", "32766", "values-json" },
        { "true,false,true", "true,true ,true", "values-json" },
        { "binary_data_size", "binary_data_bits", "binary-output" },
        { "Inference-Header", "Inference-Hoader", "binary-header" },
        { "\"id\":\"3\"", "\"id\":\"7\"", "http-pipelining" },
        { "\"success\":{", "\"succoss\":{", "statistics-form" },
        { "TYPE_INT32", "TYPE_INT31", "config-form" },
        { "30:15", "31:15", "classification-top" },
        { "HTTP/1.1 100 Cont", "HTTP/1.1 102 Cont", "http-expect" },
    };

    [Fact]
    public async Task Every_rule_that_the_public_socket_claims_holds()
    {
        ConformanceReport report = await server.CheckAsync(
            server.PublicUrl, "--grpc", server.PublicUrl, "--timeout", "20");
        MustBeGreen(report);
        Assert.True(report.PassedCount > 100, report.Write(ReportFormat.Table));
    }

    [Fact]
    public async Task Every_rule_that_the_own_socket_claims_holds()
    {
        ConformanceReport report = await server.CheckAsync(
            server.OwnUrl, "--grpc", server.OwnUrl, "--control", "--timeout", "20");
        MustBeGreen(report);
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_server_that_lies_is_seen(string word, string lie, string rule)
    {
        using LyingRelay relay = new(server.EndPoint, word, lie);
        string group = RuleBook.All.Single(one => one.Id == rule).Group;
        try
        {
            ConformanceReport report =
                await server.CheckAsync($"http://{relay.EndPoint}", "--only", group, "--timeout", "5");
            Assert.Contains(report.Results, result => result.Rule.Id == rule && result.Verdict == Verdict.Fail);
        }
        catch (UnusableTargetException refused)
        {
            // So wrong that nothing can be checked at all is seen too.
            Assert.Contains("cannot be checked", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_report_reads_as_table_json_and_junit()
    {
        using LyingRelay relay = new(server.EndPoint, "\"live\":true", "\"live\":null");
        ConformanceReport report = await server.CheckAsync($"http://{relay.EndPoint}", "--only", "server");
        Assert.Contains("FAIL", report.Write(ReportFormat.Table), StringComparison.Ordinal);
        Assert.Contains("GET /v2/health/live", report.Write(ReportFormat.Table), StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(report.Write(ReportFormat.Json));
        Assert.Equal(1, json.RootElement.GetProperty("failed").GetInt32());
        XElement junit = XElement.Parse(report.Write(ReportFormat.JUnit));
        Assert.Equal("1", junit.Attribute("failures")?.Value);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told()
    {
        UnusableTargetException absent = await Assert.ThrowsAsync<UnusableTargetException>(
            () => server.CheckAsync("unix:/nowhere/at/all"));
        Assert.Contains("cannot be checked", absent.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData()]
    [InlineData("ftp://x")]
    [InlineData("http://x", "--only", "nothing")]
    [InlineData("http://x", "-o", "xml")]
    [InlineData("http://x", "--spec")]
    [InlineData("http://x", "--dance", "1")]
    public void Wrong_arguments_are_told(params string[] words)
    {
        Assert.Null(ConformanceArguments.Parse(words, out string fault));
        Assert.NotEmpty(fault);
    }

    [Fact]
    public void The_suites_models_are_written_as_a_repository_with_their_spec()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(1 + DataTypes.Names.Length, SuiteModels.WriteTo(folder.File("models")));
        Assert.All(
            ModelSpec.ReadFile(folder.File("models/spec.json")),
            spec => Assert.True(File.Exists(folder.File($"models/{spec.Name}/1/model.onnx"))));
    }

    [Fact]
    public void Rules_have_ids_of_their_own_and_a_group_that_is_known()
    {
        Assert.Equal(RuleBook.All.Length, RuleBook.All.Select(rule => rule.Id).Distinct().Count());
        Assert.All(RuleBook.All, rule => Assert.Contains(rule.Group, RuleBook.Groups));
        Assert.All(RuleBook.Groups, group => Assert.Contains(RuleBook.All, rule => rule.Group == group));
    }

    [Fact]
    public void The_page_of_rules_is_the_list_of_rules()
    {
        Assert.Null(GoldenFile.Difference("docs/protocol/conformance-rules.md", RulePage.Write()));
    }

    private static void MustBeGreen(ConformanceReport report)
    {
        ConformanceReport broken = report with
        {
            Results = [.. report.Results.Where(result => result.Verdict == Verdict.Fail)],
        };
        Assert.True(broken.FailedCount == 0, broken.Write(ReportFormat.Table));
    }
}
