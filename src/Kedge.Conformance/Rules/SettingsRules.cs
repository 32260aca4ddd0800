using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Kedge.Conformance.Wire;

namespace Kedge.Conformance.Rules;

/// <summary>Triton's trace and log settings, and the state of its shared memory.</summary>
internal static class SettingsRules
{
    private const string Group = "settings";
    private const string TraceSource = Sources.Triton + "extension_trace.md, ";
    private const string LogSource = Sources.Triton + "extension_logging.md, ";

    internal static ImmutableArray<Rule> All { get; } =
    [
        Of("trace-get", "trace", "Trace settings are an object of strings and lists of strings.",
            TraceSource + "Trace Response JSON Object", GetTraceAsync),
        Of("trace-post", "trace", "A trace setting that is posted is answered, and asked for again it has stayed.",
            TraceSource + "Trace Request JSON Object", PostTraceAsync, controls: true),
        Of("trace-unknown", "trace", "A trace setting that is none is refused with an error text.",
            TraceSource + "Trace Response JSON Error Object",
            static async trial => Expect.Refusal(RepositoryRules.Allowed(
                await trial.PostAsync("/v2/trace/setting", "{\"no_such_setting\":\"1\"}").ConfigureAwait(false))),
            controls: true),
        Of("logging-get", "logging", "Log settings are an object with a level for each kind of message.",
            LogSource + "Log Setting Response JSON Object", GetLogAsync),
        Of("logging-post", "logging", "A log setting that is posted is answered with all others, and has stayed.",
            LogSource + "Log Setting Request JSON Object", PostLogAsync, controls: true),
        Of("logging-unknown", "logging", "A log setting that is none is refused with an error text.",
            LogSource + "Log Setting Response JSON Error Object",
            static async trial => Expect.Refusal(RepositoryRules.Allowed(
                await trial.PostAsync("/v2/logging", "{\"no_such_setting\":true}").ConfigureAwait(false))),
            controls: true),
        Of("shared-memory-status", "system_shared_memory", "The state of shared memory is a list of regions.",
            Sources.Triton + "extension_shared_memory.md, System Shared Memory, Status", SharedMemoryAsync),
    ];

    private static Rule Of(
        string id, string extension, string title, string source, Func<Trial, Task> check, bool controls = false) =>
            new()
    {
        Id = id,
        Group = Group,
        Title = title,
        Source = source,
        Extension = extension,
        Controls = controls,
        Check = check,
    };

    private static async Task<JsonElement> ReadAsync(Trial trial, string path)
    {
        JsonElement json = Expect.Good(RepositoryRules.Allowed(await trial.GetAsync(path).ConfigureAwait(false)));
        Expect.That(json.ValueKind == JsonValueKind.Object, "The settings are no object.");
        return json;
    }

    private static async Task<JsonElement> ChangeAsync(Trial trial, string path, string body) => Expect.Good(
        RepositoryRules.Allowed(await trial.PostAsync(path, body).ConfigureAwait(false)));

    private static async Task GetTraceAsync(Trial trial)
    {
        JsonElement json = await ReadAsync(trial, "/v2/trace/setting").ConfigureAwait(false);
        foreach (JsonProperty setting in json.EnumerateObject())
        {
            Expect.That(
                setting.Value.ValueKind == JsonValueKind.String || (setting.Value.ValueKind == JsonValueKind.Array
                    && setting.Value.EnumerateArray().All(static one => one.ValueKind == JsonValueKind.String)),
                $"'{setting.Name}' is {setting.Value}.");
        }

        Expect.Field(json, "trace_level");
        Expect.Field(json, "trace_rate");
    }

    private static async Task PostTraceAsync(Trial trial)
    {
        JsonElement before = await ReadAsync(trial, "/v2/trace/setting").ConfigureAwait(false);
        string old = Expect.Text(before, "trace_rate");
        string other = old == "500" ? "501" : "500";
        JsonElement after = await ChangeAsync(trial, "/v2/trace/setting", $"{{\"trace_rate\":\"{other}\"}}")
            .ConfigureAwait(false);
        JsonElement stayed = await ReadAsync(trial, "/v2/trace/setting").ConfigureAwait(false);
        await ChangeAsync(trial, "/v2/trace/setting", $"{{\"trace_rate\":\"{old}\"}}").ConfigureAwait(false);
        Expect.That(Expect.Text(after, "trace_rate") == other, "The answer has the old setting.");
        Expect.That(Expect.Text(stayed, "trace_rate") == other, "The setting has not stayed.");
    }

    private static async Task GetLogAsync(Trial trial)
    {
        JsonElement json = await ReadAsync(trial, "/v2/logging").ConfigureAwait(false);
        Expect.Boolean(json, "log_info");
        Expect.Boolean(json, "log_warning" + (json.TryGetProperty("log_warnings", out _) ? "s" : ""));
        Expect.Boolean(json, "log_error" + (json.TryGetProperty("log_errors", out _) ? "s" : ""));
        Expect.That(Expect.Number(json, "log_verbose_level") >= 0, "'log_verbose_level' is negative.");
        Expect.Text(json, "log_format");
    }

    private static async Task PostLogAsync(Trial trial)
    {
        JsonElement before = await ReadAsync(trial, "/v2/logging").ConfigureAwait(false);
        long old = Expect.Number(before, "log_verbose_level");
        string Body(long level) => string.Create(CultureInfo.InvariantCulture, $"{{\"log_verbose_level\":{level}}}");
        JsonElement after = await ChangeAsync(trial, "/v2/logging", Body(old == 0 ? 1 : 0)).ConfigureAwait(false);
        JsonElement stayed = await ReadAsync(trial, "/v2/logging").ConfigureAwait(false);
        await ChangeAsync(trial, "/v2/logging", Body(old)).ConfigureAwait(false);
        Expect.That(Expect.Number(after, "log_verbose_level") != old, "The answer has the old setting.");
        Expect.That(Expect.Number(stayed, "log_verbose_level") != old, "The setting has not stayed.");
        ImmutableArray<string> names = [.. before.EnumerateObject().Select(static one => one.Name)];
        Expect.That(names.All(name => after.TryGetProperty(name, out _)), "The answer lacks a setting.");
    }

    private static async Task SharedMemoryAsync(Trial trial)
    {
        HttpAnswer answer = RepositoryRules.Allowed(
            await trial.GetAsync("/v2/systemsharedmemory/status").ConfigureAwait(false));
        JsonElement json = Expect.Good(answer);
        Expect.That(json.ValueKind == JsonValueKind.Array, "The regions are no list.");
    }
}
