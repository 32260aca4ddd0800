namespace Kedge.Mqtt.Transport;

internal static class Placeholder;
