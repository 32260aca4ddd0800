namespace Kedge.Mqtt;

internal static class Placeholder;
