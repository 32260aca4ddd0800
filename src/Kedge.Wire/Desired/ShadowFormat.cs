using System.Text.Json;
using Kedge.Core.Deployments;

namespace Kedge.Wire.Desired;

/// <summary>The one mapping between <see cref="ShadowSpec"/> and its JSON.</summary>
internal static class ShadowFormat
{
    private const string Field = "shadow";

    internal static void Write(Utf8JsonWriter json, ShadowSpec shadow)
    {
        json.WriteStartObject(Field);
        json.WriteNumber("sharePpm", shadow.SharePpm);
        json.WriteNumber("agreementPpm", shadow.AgreementPpm);
        json.WriteNumber("minRequests", shadow.MinRequests);
        json.WriteNumber("seconds", (long)shadow.Time.TotalSeconds);
        json.WriteNumber("tolerancePpm", shadow.TolerancePpm);
        json.WriteEndObject();
    }

    /// <summary>
    /// Null where none is asked for. A figure beyond its bounds becomes the nearest within: no device refuses a
    /// workload
    /// for how it is measured.
    /// </summary>
    internal static ShadowSpec? Read(JsonElement workload) =>
        !workload.TryGetProperty(Field, out JsonElement json) ? null : new ShadowSpec
        {
            SharePpm = Number(json, "sharePpm", 1, 1_000_000),
            AgreementPpm = Number(json, "agreementPpm", ShadowSpec.AgreementPpmMin, 1_000_000),
            MinRequests = Number(json, "minRequests", ShadowSpec.RequestsMin, ShadowSpec.RequestsMax),
            Time = TimeSpan.FromSeconds(Number(json, "seconds", ShadowSpec.SecondsMin, ShadowSpec.SecondsMax)),
            TolerancePpm = Number(json, "tolerancePpm", 0, 1_000_000),
        };

    private static int Number(JsonElement json, string field, int min, int max) =>
        (int)Math.Clamp(json.GetProperty(field).GetInt64(), min, max);
}
