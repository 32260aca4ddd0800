using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Kedge.Conformance.Rules;

namespace Kedge.Conformance.Reports;

/// <summary>Everything that was found. Never compared.</summary>
/// <param name="Server">Name and version of the server.</param>
/// <param name="Extensions">What it claims.</param>
/// <param name="Results">Check by check, in order.</param>
internal sealed record ConformanceReport(
    string Server, ImmutableArray<string> Extensions, ImmutableArray<CheckResult> Results)
{
    /// <summary>Checks that failed.</summary>
    public int FailedCount => Count(Verdict.Fail);

    /// <summary>Checks that passed.</summary>
    public int PassedCount => Count(Verdict.Pass);

    /// <summary>The report in one of its forms.</summary>
    internal string Write(ReportFormat format) => format switch
    {
        ReportFormat.Json => WriteJson(),
        ReportFormat.JUnit => WriteJUnit(),
        ReportFormat.Table or ReportFormat.Unknown => WriteTable(),
    };

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Pass => "pass",
        Verdict.Fail => "FAIL",
        Verdict.NotOffered => "not offered",
        Verdict.Unknown => "unknown",
    };

    private int Count(Verdict verdict) => Results.Count(result => result.Verdict == verdict);

    private string WriteTable()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Server}; extensions: {string.Join(", ", Extensions)}\n\n");
        foreach (CheckResult result in Results)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Word(result.Verdict),-12} {result.Name,-48} ");
            text.Append(result.Verdict == Verdict.Pass ? result.Rule.Title : result.Words).Append('\n');
            if (result.Verdict == Verdict.Fail)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {result.Rule.Title} ({result.Rule.Source})\n");
                foreach ((string sent, string got) in result.Exchanges)
                {
                    text.Append(Indented("> ", sent)).Append(Indented("< ", got));
                }
            }
        }

        return text.Append(
            CultureInfo.InvariantCulture,
            $"\n{PassedCount} passed, {FailedCount} failed, {Count(Verdict.NotOffered)} not offered\n").ToString();
    }

    private static string Indented(string mark, string text) =>
        string.Concat(text.TrimEnd().Split('\n').Select(line => $"    {mark}{line}\n"));

    private string WriteJson()
    {
        ArrayBufferWriter<byte> output = new();
        using Utf8JsonWriter json = new(output, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("server"u8, Server);
        json.WriteNumber("passed"u8, PassedCount);
        json.WriteNumber("failed"u8, FailedCount);
        json.WriteNumber("notOffered"u8, Count(Verdict.NotOffered));
        json.WriteStartArray("checks"u8);
        foreach (CheckResult result in Results)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, result.Rule.Id);
            json.WriteString("model"u8, result.Model);
            json.WriteString("group"u8, result.Rule.Group);
            json.WriteString("title"u8, result.Rule.Title);
            json.WriteString("source"u8, result.Rule.Source);
            json.WriteString("verdict"u8, Word(result.Verdict).ToLowerInvariant());
            json.WriteString("words"u8, result.Words);
            json.WriteStartArray("exchanges"u8);
            foreach ((string sent, string got) in result.Exchanges)
            {
                json.WriteStartObject();
                json.WriteString("sent"u8, sent);
                json.WriteString("got"u8, got);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan) + "\n";
    }

    private string WriteJUnit() => new XElement(
        "testsuite",
        new XAttribute("name", "Open Inference Protocol"),
        new XAttribute("tests", Results.Length),
        new XAttribute("failures", FailedCount),
        new XAttribute("skipped", Count(Verdict.NotOffered)),
        Results.Select(static result => new XElement(
            "testcase",
            new XAttribute("classname", result.Rule.Group),
            new XAttribute("name", result.Name),
            result.Verdict switch
            {
                Verdict.Fail => new XElement(
                    "failure",
                    new XAttribute("message", result.Words),
                    string.Concat(result.Exchanges.Select(static one => Indented("> ", one.Sent)
                        + Indented("< ", one.Got)))),
                Verdict.NotOffered => new XElement("skipped", new XAttribute("message", result.Words)),
                Verdict.Pass or Verdict.Unknown => null,
            }))).ToString() + "\n";
}
