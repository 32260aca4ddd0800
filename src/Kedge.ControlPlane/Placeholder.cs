namespace Kedge.ControlPlane;

internal static class Placeholder;
