using System.Reflection;
using Kedge.Core.Errors;

namespace Kedge.Cli.Running;

/// <summary>Finds the remedy of a code among those of all programs that this one carries.</summary>
internal static class ErrorCatalog
{
    private static readonly string[] _assemblies =
    [
        "Kedge.Core", "kedge", "Kedge.Content", "Kedge.Oci", "Kedge.Onnx", "Kedge.Inference", "Kedge.Store",
        "Kedge.Wire", "Kedge.ControlPlane",
    ];

    /// <summary>The code, or null when it belongs to another program.</summary>
    public static ErrorCode? Find(string code)
    {
        foreach (string name in _assemblies)
        {
            foreach (Type type in Assembly.Load(name).GetExportedTypes().Where(type =>
                type.IsAbstract && type.IsSealed && type.Name.EndsWith("Errors", StringComparison.Ordinal)))
            {
                foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
                {
                    if (field.GetValue(null) is ErrorCode found && found.Code == code)
                    {
                        return found;
                    }
                }
            }
        }

        return null;
    }
}
