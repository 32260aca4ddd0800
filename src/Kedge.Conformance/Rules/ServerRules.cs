using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>What a server says of itself.</summary>
internal static class ServerRules
{
    private const string Group = "server";

    internal static ImmutableArray<Rule> All { get; } =
    [
        new Rule
        {
            Id = "server-live",
            Group = Group,
            Title = "GET /v2/health/live answers 200 with a JSON body that says live.",
            Source = Sources.Rest + "Server Live Response JSON Object",
            Check = static trial => HealthAsync(trial, "/v2/health/live"),
        },
        new Rule
        {
            Id = "server-ready",
            Group = Group,
            Title = "GET /v2/health/ready answers 200 with a JSON body that says ready.",
            Source = Sources.Rest + "Server Ready Response JSON Object",
            Check = static trial => HealthAsync(trial, "/v2/health/ready"),
        },
        new Rule
        {
            Id = "server-metadata",
            Group = Group,
            Title = "GET /v2 tells name, version and a list of extensions, none of them twice.",
            Source = Sources.Rest + "Server Metadata Response JSON Object",
            Check = MetadataAsync,
        },
        new Rule
        {
            Id = "server-json-type",
            Group = Group,
            Title = "JSON bodies come as application/json.",
            Source = Sources.Rest + "Inference Request Examples",
            Check = JsonTypeAsync,
        },
        new Rule
        {
            Id = "server-unknown-path",
            Group = Group,
            Title = "An address that is none is refused with a client error and an error text.",
            Source = Sources.Rest + "Server Metadata Response JSON Error Object",
            Check = static async trial =>
                Expect.Refusal(await trial.GetAsync("/v2/no-such-thing").ConfigureAwait(false)),
        },
    ];

    private static async Task HealthAsync(Trial trial, string path)
    {
        JsonElement json = Expect.Good(await trial.GetAsync(path).ConfigureAwait(false));

        // The document has "live" for both in one edition, and "ready" for the second in others.
        string field = path.EndsWith("ready", StringComparison.Ordinal) && json.TryGetProperty("ready", out _)
            ? "ready"
            : "live";
        Expect.That(Expect.Boolean(json, field), $"The server says that it is not {field}.");
    }

    private static async Task MetadataAsync(Trial trial)
    {
        JsonElement json = Expect.Good(await trial.GetAsync("/v2").ConfigureAwait(false));
        Expect.That(Expect.Text(json, "name").Length > 0, "The name is empty.");
        Expect.That(Expect.Text(json, "version").Length > 0, "The version is empty.");
        ImmutableArray<string> extensions = Expect.Texts(json, "extensions");
        Expect.That(extensions.Distinct().Count() == extensions.Length, "An extension is named twice.");
    }

    private static async Task JsonTypeAsync(Trial trial)
    {
        foreach (string path in new[] { "/v2", "/v2/health/live", trial.AnyModel.Path, "/v2/models/no-such-model" })
        {
            HttpAnswer answer = await trial.GetAsync(path).ConfigureAwait(false);
            string type = answer.Header("Content-Type") ?? "none";
            Expect.That(
                type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase),
                $"The Content-Type of {path} is {type}.");
        }
    }
}
