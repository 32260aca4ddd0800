using System.Collections.Immutable;
using System.Globalization;
using Kedge.Conformance.Reports;
using Kedge.Conformance.Rules;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance;

/// <summary>What the program is asked to do. Never compared.</summary>
internal sealed record ConformanceArguments
{
    internal const string Usage = """
        kedge-conformance URL [--grpc URL] [--model NAME ...] [--spec FILE] [--only GROUP ...] [--control]
                          [--timeout SECONDS] [-o table|json|junit]
        kedge-conformance models FOLDER

        URL is http://HOST:PORT or unix:PATH. Without --model and --spec the models are those of the repository index
        or of the statistics. --control allows checks that change the server: load, unload, trace and log settings;
        what they change they change back. --timeout is how long one check may take, 30 seconds by default. 'models'
        writes a suite of small ONNX models and their spec.json.
        Groups: server, model, infer, fault, values, binary, extension, repository, settings, http, grpc.
        Exit code: 0 all passed, 1 some failed, 2 nothing was checked.
        """;

    /// <summary>Where the REST interface is.</summary>
    public required ServerAddress Http { get; init; }

    /// <summary>Where gRPC is; null to leave it out.</summary>
    public ServerAddress? Grpc { get; init; }

    /// <summary>Models to check; empty to find them.</summary>
    public ImmutableArray<string> Models { get; init; } = [];

    /// <summary>File that says what models compute; empty for none.</summary>
    public string SpecFile { get; init; } = "";

    /// <summary>Groups to check; empty for all.</summary>
    public ImmutableArray<string> Only { get; init; } = [];

    /// <summary>True when checks may change the server.</summary>
    public bool MayControl { get; init; }

    /// <summary>How long one check may take: 1 s to 600 s.</summary>
    public TimeSpan CheckTime { get; init; } = ConformanceLimits.CheckTime;

    /// <summary>Form of the report.</summary>
    public ReportFormat Format { get; init; } = ReportFormat.Table;

    /// <summary>Folder for the suite's models; empty to check a server.</summary>
    public string ModelFolder { get; init; } = "";

    /// <summary>Reads the command line; null with the reason when it is wrong.</summary>
    internal static ConformanceArguments? Parse(IReadOnlyList<string> words, out string fault)
    {
        fault = "";
        if (words.Count == 2 && words[0] == "models")
        {
            return new ConformanceArguments { Http = ServerAddress.None, ModelFolder = words[1] };
        }

        if (words.Count == 0 || !ServerAddress.TryParse(words[0], out ServerAddress? http))
        {
            fault = "The first argument must be http://HOST:PORT or unix:PATH.";
            return null;
        }

        ConformanceArguments found = new() { Http = http };
        for (int index = 1; index < words.Count; index++)
        {
            string option = words[index];
            bool hasValue = option != "--control";
            if (hasValue && index + 1 == words.Count)
            {
                fault = $"{option} needs a value.";
                return null;
            }

            ConformanceArguments? next = found.With(option, hasValue ? words[++index] : "");
            if (next is null)
            {
                fault = $"{option} {(hasValue ? words[index] : "")} is not understood.";
                return null;
            }

            found = next;
        }

        return found;
    }

    private ConformanceArguments? With(string option, string value) => option switch
    {
        "--control" => this with { MayControl = true },
        "--grpc" => ServerAddress.TryParse(value, out ServerAddress? grpc) ? this with { Grpc = grpc } : null,
        "--model" => this with { Models = Models.Add(value) },
        "--timeout" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            && seconds is >= 1 and <= 600
                ? this with { CheckTime = TimeSpan.FromSeconds(seconds) }
                : null,
        "--spec" => this with { SpecFile = value },
        "--only" => RuleBook.Groups.Contains(value) ? this with { Only = Only.Add(value) } : null,
        "-o" => value switch
        {
            "table" => this with { Format = ReportFormat.Table },
            "json" => this with { Format = ReportFormat.Json },
            "junit" => this with { Format = ReportFormat.JUnit },
            _ => null,
        },
        _ => null,
    };
}
