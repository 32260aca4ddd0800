using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Conformance.Models;
using Kedge.Conformance.Rules;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance;

/// <summary>The server that is checked, and what it says of itself. Never compared.</summary>
internal sealed record Target
{
    /// <summary>Where the REST interface is.</summary>
    public required ServerAddress Http { get; init; }

    /// <summary>Where gRPC is; null when it is left out.</summary>
    public ServerAddress? Grpc { get; init; }

    /// <summary>True when checks may change the server.</summary>
    public bool MayControl { get; init; }

    /// <summary>Its name and version, as it tells them.</summary>
    public string Name { get; init; } = "";

    /// <summary>Extensions that it names.</summary>
    public ImmutableArray<string> Extensions { get; init; } = [];

    /// <summary>Models to ask.</summary>
    public ImmutableArray<ModelFacts> Models { get; init; } = [];

    /// <summary>Finds out about a server.</summary>
    /// <exception cref="UnusableTargetException">It does not answer, or has none of the models.</exception>
    internal static async Task<Target> FindAsync(ConformanceArguments arguments, CancellationToken stop)
    {
        Target target = new() { Http = arguments.Http, Grpc = arguments.Grpc, MayControl = arguments.MayControl };
        using Trial trial = new(target, null, stop);
        try
        {
            JsonElement server = Expect.Good(await trial.GetAsync("/v2").ConfigureAwait(false));
            ImmutableArray<ModelSpec> specs =
                arguments.SpecFile.Length > 0 ? ModelSpec.ReadFile(arguments.SpecFile) : [];
            return target with
            {
                Name = $"{Expect.Text(server, "name")} {Expect.Text(server, "version")}",
                Extensions = Expect.Texts(server, "extensions"),
                Models = await FindModelsAsync(trial, arguments, specs).ConfigureAwait(false),
            };
        }
        catch (Exception failure) when (failure is System.Net.Sockets.SocketException or RuleBrokenException)
        {
            throw new UnusableTargetException($"{arguments.Http.Host} cannot be checked: {failure.Message}", failure);
        }
    }

    private static async Task<ImmutableArray<ModelFacts>> FindModelsAsync(
        Trial trial, ConformanceArguments arguments, ImmutableArray<ModelSpec> specs)
    {
        IEnumerable<string> names = (arguments.Models, specs) switch
        {
            ({ IsEmpty: false } models, _) => models,
            (_, { IsEmpty: false }) => specs.Select(static spec => spec.Name),
            _ => await ListAsync(trial).ConfigureAwait(false),
        };
        ImmutableArray<ModelFacts>.Builder found = ImmutableArray.CreateBuilder<ModelFacts>();
        foreach (string name in names.Distinct().Take(ConformanceLimits.ModelsMax))
        {
            ModelSpec spec = specs.FirstOrDefault(one => one.Name == name)
                ?? new ModelSpec(name, ModelFunction.Unknown, []);
            HttpAnswer answer = await trial.GetAsync($"/v2/models/{Uri.EscapeDataString(name)}").ConfigureAwait(false);
            if (answer.Status != 200)
            {
                throw new UnusableTargetException($"The server has no model '{name}': {answer.Status} {answer.Text}");
            }

            found.Add(ModelFacts.Read(answer.Json(), spec));
        }

        return found.ToImmutable();
    }

    /// <summary>Names of the models, by whichever extension tells them.</summary>
    private static async Task<IEnumerable<string>> ListAsync(Trial trial)
    {
        HttpAnswer index = await trial.PostAsync("/v2/repository/index", "{\"ready\":true}").ConfigureAwait(false);
        if (index.Status == 200 && index.Json().ValueKind == JsonValueKind.Array)
        {
            return index.Json().EnumerateArray().Select(static model => Expect.Text(model, "name")).ToList();
        }

        HttpAnswer statistics = await trial.GetAsync("/v2/models/stats").ConfigureAwait(false);
        if (statistics.Status == 200)
        {
            return Expect.List(statistics.Json(), "model_stats")
                .Select(static model => Expect.Text(model, "name")).ToList();
        }

        throw new UnusableTargetException(
            "The server does not tell its models: name them with --model, or with --spec.");
    }
}
