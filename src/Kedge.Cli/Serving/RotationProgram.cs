using System.Security.Cryptography;
using Kedge.ControlPlane.Auth;
using Kedge.Core;

namespace Kedge.Cli.Serving;

/// <summary>Rotates the intermediate of a data folder.</summary>
internal static class RotationProgram
{
    public static (long Version, string Id) Run(string folder, ECDsa rootKey, DateTimeOffset now, TimeSpan keepOld)
    {
        (long version, Digest intermediate) = IntermediateRotation.Rotate(folder, rootKey, now, keepOld);
        return (version, intermediate.ToString());
    }
}
