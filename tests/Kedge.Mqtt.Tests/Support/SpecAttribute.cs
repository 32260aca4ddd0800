namespace Kedge.Mqtt.Tests.Support;

/// <summary>Names a normative statement of MQTT 5.0 that a test proves, or proves its share of.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class SpecAttribute(string id) : Attribute
{
    public string Id { get; } = id;
}
